/**
 * A Qdrant for tests: the server at QDRANT_URL, or qdrant-server.py on Qdrant's own engine, which needs Python and the
 * package qdrant-edge-py (`pip install --target .cache/qdrant-edge qdrant-edge-py==0.9.0`).
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { repositoryRoot } from './surroundings.ts';

export interface QdrantServer {
  readonly url: string;
  /** Ends it; at once with SIGKILL. A server that is not ours goes on. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

interface QdrantServerOptions {
  /** A free port where absent. */
  readonly port?: number;
  readonly apiKey?: string;
  readonly readOnlyKey?: string;
}

const python = process.platform === 'win32' ? 'python' : 'python3';
const environment = {
  ...process.env,
  PYTHONPATH: [join(repositoryRoot, '.cache', 'qdrant-edge'), process.env.PYTHONPATH].filter(Boolean).join(':'),
};

const externalQdrant = process.env.QDRANT_URL;

/** Why `startQdrantServer` cannot work here, or undefined. */
export function missingQdrantEngine(): string | undefined {
  const { status } = spawnSync(python, ['-c', 'import qdrant_edge'], { env: environment });
  return status === 0
    ? undefined
    : 'Python has no qdrant-edge-py here: pip install --target .cache/qdrant-edge qdrant-edge-py==0.9.0';
}

/** Why there is no Qdrant at all for tests, or undefined. */
export function missingQdrant(): string | undefined {
  return externalQdrant === undefined ? missingQdrantEngine() : undefined;
}

/** The server at QDRANT_URL, or one that is started for the caller. */
export async function openQdrant(): Promise<QdrantServer> {
  return externalQdrant === undefined ? await startQdrantServer() : { url: externalQdrant, stop: async () => {} };
}

export async function startQdrantServer({
  port = 0,
  apiKey,
  readOnlyKey,
}: QdrantServerOptions = {}): Promise<QdrantServer> {
  const args = [
    join(repositoryRoot, 'test', 'support', 'qdrant-server.py'),
    ...['--port', String(port)],
    ...(apiKey === undefined ? [] : ['--api-key', apiKey]),
    ...(readOnlyKey === undefined ? [] : ['--read-only-key', readOnlyKey]),
  ];
  const child = spawn(python, args, { env: environment, stdio: ['pipe', 'pipe', 'inherit'] });
  const listening = await firstLine(child);
  return {
    url: `http://127.0.0.1:${listening}`,
    async stop(signal = 'SIGKILL') {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.includes('\n')) return text.trim();
  }
  throw new Error('qdrant-server.py ended before it listened');
}
