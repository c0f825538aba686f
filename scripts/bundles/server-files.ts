/**
 * Copies the built program with the native modules of this platform into a folder, so that it runs from there without an
 * installation: with Node 22 or newer, since the driver of Node 20 has to be compiled where it runs.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const copied = ['bin', 'dist', 'package.json', 'LICENSE', 'config.example.json'];
const modules = ['better-sqlite3-prebuilt', 'onnxruntime-node', 'onnxruntime-common'];
/** Sources, and what only an installation needs. */
const leftOut = ['better-sqlite3-prebuilt/deps', 'better-sqlite3-prebuilt/src', 'better-sqlite3-prebuilt/build'];

export function copyServer(root: string, target: string): void {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const name of copied) cpSync(join(root, name), join(target, name), { recursive: true });
  const { platform, arch } = process;
  for (const name of modules) {
    const from = join(root, 'node_modules', name);
    if (!existsSync(from)) throw new Error(`${from} is missing: run npm ci`);
    cpSync(from, join(target, 'node_modules', name), {
      recursive: true,
      filter: (path) => !leftOut.some((each) => path === join(root, 'node_modules', each)),
    });
  }
  const prebuilds = join(target, 'node_modules', 'better-sqlite3-prebuilt', 'prebuilds');
  keepOnly(prebuilds, new RegExp(`^${platform}(?:musl)?-${arch}\\.node$`));
  const binaries = join(target, 'node_modules', 'onnxruntime-node', 'bin', 'napi-v6');
  keepOnly(binaries, new RegExp(`^${platform}$`));
  keepOnly(join(binaries, platform), new RegExp(`^${arch}$`));
}

function keepOnly(folder: string, pattern: RegExp): void {
  for (const name of readdirSync(folder)) {
    if (!pattern.test(name)) rmSync(join(folder, name), { recursive: true });
  }
  // Fail here rather than at the first memory, in case a package moves its binaries.
  if (readdirSync(folder).length === 0)
    throw new Error(`${folder} has nothing for ${process.platform}-${process.arch}`);
}
