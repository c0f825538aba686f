/**
 * Assembles src/vector/scan/scan-kernel.wat and writes its bytes to src/vector/scan/scan-kernel-bytes.ts.
 * Run it after every change of the source: `npx tsx scripts/kernel/assemble.ts`. A test compares the two.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import openWabt from 'wabt';

const source = new URL('../../src/vector/scan/scan-kernel.wat', import.meta.url);
const target = new URL('../../src/vector/scan/scan-kernel-bytes.ts', import.meta.url);
const lineLength = 100;

/** The binary module that the source describes. */
export async function assembleKernel(): Promise<Uint8Array> {
  const wabt = await openWabt();
  const features = { simd: true };
  const parsed = wabt.parseWat('scan-kernel.wat', await readFile(source, 'utf8'), features);
  parsed.resolveNames();
  parsed.validate();
  return parsed.toBinary({}).buffer;
}

function moduleText(bytes: Uint8Array): string {
  const base64 = Buffer.from(bytes).toString('base64');
  const lines = base64.match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? [];
  return `/** Assembled from scan-kernel.wat by scripts/kernel/assemble.ts; do not edit. */
const base64 = [
${lines.map((line) => `  '${line}',`).join('\n')}
];

/** The WebAssembly module with the inner loops of the flat index. */
export const scanKernelBytes: Uint8Array<ArrayBuffer> = Uint8Array.from(Buffer.from(base64.join(''), 'base64'));
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(target, moduleText(await assembleKernel()));
