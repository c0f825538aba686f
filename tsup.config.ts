/** Bundles the program into CommonJS chunks: one file to start from, everything heavy behind a dynamic import. */
import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { cli: 'src/cli.ts' },
  format: 'cjs',
  target: 'node20',
  outDir: 'dist',
  clean: true,
  splitting: true,
  minify: true,
  sourcemap: false,
  dts: false,
  external: ['better-sqlite3', 'better-sqlite3-prebuilt', 'faiss-node', 'onnxruntime-node'],
  noExternal: [/.*/],
});
