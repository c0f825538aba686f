/** Bundles the program into CommonJS chunks: one file to start from, everything heavy behind a dynamic import. */
import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { cli: 'src/cli.ts' },
  format: 'cjs',
  target: 'node20',
  outDir: 'dist',
  clean: true,
  // One file: dynamic imports stay lazy inside it, and one code cache serves all.
  splitting: false,
  minify: true,
  sourcemap: false,
  dts: false,
  // cosmiconfig asks for TypeScript only to read configurations in TypeScript, which are never looked for.
  external: ['typescript', 'better-sqlite3', 'better-sqlite3-prebuilt', 'faiss-node', 'onnxruntime-node'],
  noExternal: [/^(?!typescript|better-sqlite3|faiss-node|onnxruntime-node).*/],
});
