/**
 * Installs the peers of the benchmarks from npm, each into a folder of its own below `.cache/peers`, once. They are no
 * dependencies of this project: a peer that cannot be installed is named and left out.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Contestant, peersFolder, program } from './contestants.ts';

export interface Installed {
  readonly contestant: Contestant;
  /** The file to start with Node. */
  readonly file: string;
}

/** Those that could be installed, and a sentence about each that could not. */
export function installPeers(contestants: readonly Contestant[]): { installed: Installed[]; missing: string[] } {
  const installed: Installed[] = [];
  const missing: string[] = [];
  for (const contestant of contestants) {
    try {
      installed.push({ contestant, file: programOf(contestant) });
    } catch (error) {
      const [reason = ''] = String(error instanceof Error ? error.message : error).split('\n');
      missing.push(`${contestant.title} ${contestant.peer?.version ?? ''} could not be installed (${reason})`);
    }
  }
  return { installed, missing };
}

function programOf({ peer }: Contestant): string {
  if (peer === undefined) return program;
  const folder = join(peersFolder, `${peer.name.replace('/', '+')}@${peer.version}`);
  const modules = join(folder, 'node_modules', peer.name);
  const done = join(folder, 'installed');
  if (!existsSync(done)) {
    console.error(`installing ${peer.name}@${peer.version} …`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const manifest = { private: true, allowScripts: { 'better-sqlite3': true } };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    execFileSync(npm, ['install', '--no-audit', '--no-fund', '--save-exact', `${peer.name}@${peer.version}`], {
      cwd: folder,
      stdio: 'pipe',
      shell: process.platform === 'win32',
      timeout: 600_000,
      env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
    });
    writeFileSync(done, '');
  }
  const { bin } = JSON.parse(readFileSync(join(modules, 'package.json'), 'utf8'));
  const [entry] = typeof bin === 'string' ? [bin] : Object.values<string>(bin);
  if (entry === undefined) throw new Error('its package names no program');
  // Some only run if they are started by the path that Node resolves.
  return realpathSync(join(modules, entry));
}
