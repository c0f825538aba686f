/** `npm run bench -- import [--size N] [--created N]`. */
export { benchImport as run } from './keeping.ts';
