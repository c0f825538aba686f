/**
 * Fetches one file of the hub into a `.partial`: goes on where an earlier attempt stopped, opens a broken connection
 * again a few times, and is content only with the size and the hash that the hub announced.
 */
import { createHash } from 'node:crypto';
import { createReadStream, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { codeOf, MemoryMcpError, reasonOf } from '../../core/errors.ts';
import type { ManifestFile } from '../model-files.ts';
import type { Hub, RemoteFile } from './hub.ts';

/** In a row, without a byte more than before. */
const attempts = 4;

export interface FetchFileDeps {
  readonly hub: Hub;
  readonly signal: AbortSignal | undefined;
  readonly onReceived: (bytes: number) => void;
  /** Milliseconds before the second attempt; the later ones wait longer. */
  readonly retryPause: number;
}

/** Goes on with `partial` until it is the whole file; a connection that breaks is opened again a few times. */
export async function fetchFile(
  remote: RemoteFile,
  { bytes, hash }: ManifestFile,
  partial: string,
  { hub, signal, onReceived, retryPause }: FetchFileDeps,
): Promise<void> {
  let failures = 0;
  let farthest = 0;
  for (;;) {
    try {
      await receive(partial, bytes, async (start) => await hub.open(remote, start, signal), onReceived);
      await verify(partial, hash, remote);
      return;
    } catch (error) {
      const size = sizeOf(partial) ?? 0;
      // A connection that breaks every ten megabytes still gets there.
      failures = size > farthest ? 1 : failures + 1;
      farthest = Math.max(farthest, size);
      const worthAnother = error instanceof BrokenOff || codeOf(error) === 'corrupt';
      if (signal?.aborted === true || !worthAnother || failures === attempts) throw withSqliteErrors(error, remote);
      await pause(retryPause * failures, undefined, { signal });
    }
  }
}

async function receive(
  partial: string,
  bytes: number,
  request: (start: number) => ReturnType<Hub['open']>,
  onReceived: (bytes: number) => void,
): Promise<void> {
  let start = sizeOf(partial) ?? 0;
  if (start > bytes) {
    rmSync(partial);
    start = 0;
  }
  if (start === bytes && bytes > 0) return;
  const { body, resumed } = await request(start);
  let received = resumed ? start : 0;
  // Written piece by piece, so that what came before a connection breaks is on disk.
  const file = await open(partial, resumed ? 'a' : 'w');
  try {
    for await (const chunk of body) {
      await file.write(chunk);
      received += chunk.length;
      onReceived(received);
    }
    await file.sync();
  } catch (error) {
    if (!isOfFile(error)) throw new BrokenOff(`the connection broke off: ${codeOf(error) ?? reasonOf(error)}`);
    // What was written so far is what fills the disk.
    rmSync(partial, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  if (received !== bytes) throw new BrokenOff(`${received} bytes came where ${bytes} were announced`);
}

/** The transfer stopped before its end; what came is kept. */
class BrokenOff extends Error {}

async function verify(partial: string, expected: string, { repository, path }: RemoteFile): Promise<void> {
  const [kind = '', digest] = expected.split(':');
  const hash = createHash(kind === 'sha256' ? 'sha256' : 'sha1');
  if (kind === 'blob') hash.update(`blob ${statSync(partial).size}\0`);
  for await (const chunk of createReadStream(partial, { highWaterMark: 256 * 1024 })) hash.update(chunk);
  if (hash.digest('hex') === digest) return;
  rmSync(partial);
  throw new MemoryMcpError(
    'corrupt',
    `${path} of ${repository} arrived damaged: its ${kind} is not the one the hub names`,
    {
      hint: 'Try again, or check the mirror in HF_ENDPOINT and the proxy.',
    },
  );
}

function withSqliteErrors(error: unknown, { repository, path }: RemoteFile): unknown {
  if (!(error instanceof BrokenOff)) return error;
  return new MemoryMcpError('model_unavailable', `${path} of ${repository} did not arrive whole: ${error.message}`, {
    hint: 'Run memory-mcp download-models to go on where it stopped.',
    cause: error,
  });
}

/** An error of writing, not of the connection. */
function isOfFile(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'EPERM', 'EIO', 'EISDIR', 'EFBIG'].includes(codeOf(error) ?? '');
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}
