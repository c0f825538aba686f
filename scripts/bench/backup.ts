/** `npm run bench -- backup [--size N]`. */
export { benchBackup as run } from './keeping.ts';
