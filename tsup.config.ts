/**
 * Bundles the program into CommonJS: one file to start from, everything heavy behind a dynamic import; and the
 * inference process into a file of its own, with transformers.js inside and only the native runtime left outside; and
 * the host that shares it between servers, which is small because it stays in memory beside it.
 */
import { defineConfig, type Options } from 'tsup';
import { bundleLicenses } from './scripts/bundle-licenses.ts';
import { leanSdk } from './scripts/lean-sdk.ts';

const shared: Options = {
  format: 'cjs',
  target: 'node20',
  outDir: 'dist',
  // One file: dynamic imports stay lazy inside it, and one code cache serves all.
  splitting: false,
  // Names and lines stay, so that a logged stack can be read. Measured: the code cache makes up for the size.
  minify: false,
  sourcemap: false,
  dts: false,
  // cosmiconfig asks for TypeScript only to read configurations in TypeScript, which are never looked for.
  external: ['typescript', 'better-sqlite3', 'better-sqlite3-prebuilt', 'faiss-node', 'onnxruntime-node'],
  noExternal: [/^(?!typescript|better-sqlite3|faiss-node|onnxruntime-node).*/],
  esbuildOptions: (options) => {
    options.define = { ...options.define, 'import.meta.dirname': '__dirname' };
  },
};

/** transformers.js loads these for images and for browsers: 170 MB that no text model asks for. */
const stubs: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'stubs',
  setup: (build) => {
    build.onResolve({ filter: /^(sharp|onnxruntime-web)(\/|$)/ }, ({ path }) => ({ path, namespace: 'stub' }));
    build.onLoad({ filter: /.*/, namespace: 'stub' }, ({ path }) => ({
      contents: `module.exports = () => { throw new Error('${path} is not part of memory-mcp'); };`,
    }));
  },
};

/** The launcher runs this one from a code cache: as a script, which cannot import, and read without decoding. */
const forLauncher: NonNullable<Options['esbuildOptions']> = (options, context) => {
  shared.esbuildOptions?.(options, context);
  options.charset = 'ascii';
  options.supported = { ...options.supported, 'dynamic-import': false };
};

/** `charset` leaves regular expressions as they are, and there a Japanese word must not become Latin letters either. */
const plainAscii: NonNullable<Options['plugins']>[number] = {
  name: 'plain-ascii',
  renderChunk: (code) => ({
    // biome-ignore lint/suspicious/noControlCharactersInRegex: everything that is not ASCII is meant.
    code: code.replace(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  }),
};

export default defineConfig([
  {
    ...shared,
    entry: { cli: 'src/cli.ts' },
    clean: ['!inference*'],
    esbuildOptions: forLauncher,
    esbuildPlugins: [leanSdk, bundleLicenses('cli')],
    plugins: [plainAscii],
  },
  {
    ...shared,
    entry: { inference: 'src/model/inference/main.ts' },
    esbuildPlugins: [stubs, bundleLicenses('inference')],
  },
  {
    ...shared,
    entry: { 'inference-host': 'src/model/inference/shared/main.ts' },
    esbuildPlugins: [bundleLicenses('inference-host')],
  },
]);
