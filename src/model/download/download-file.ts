/**
 * Downloads one file from the hub into a `.partial` file: resumes an earlier attempt, retries after broken connections,
 * and verifies the size and the hash that the hub announced.
 */
import { createHash } from 'node:crypto';
import { createReadStream, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { codeOf, MemoryMcpError, reasonOf } from '../../core/errors.ts';
import type { ManifestFile } from '../model-files.ts';
import type { Hub, RemoteFile } from './hub.ts';

/** Consecutive attempts without progress. */
const maximumAttempts = 4;

export interface FetchFileDeps {
  readonly hub: Hub;
  readonly signal: AbortSignal | undefined;
  readonly onReceived: (bytes: number) => void;
  /** Milliseconds before the second attempt. Later attempts wait longer. */
  readonly retryPause: number;
}

/** Completes `partial`, with retries, until it is the whole file. */
export async function fetchFile(
  remote: RemoteFile,
  { bytes, hash }: ManifestFile,
  partial: string,
  { hub, signal, onReceived, retryPause }: FetchFileDeps,
): Promise<void> {
  let failures = 0;
  let largest = 0;
  for (;;) {
    try {
      await receive(partial, bytes, async (start) => await hub.open(remote, start, signal), onReceived);
      await verify(partial, hash, remote);
      return;
    } catch (error) {
      const size = readSize(partial) ?? 0;
      // Attempts that make progress are not limited, so an unstable connection still succeeds.
      failures = size > largest ? 1 : failures + 1;
      largest = Math.max(largest, size);
      const retryable = error instanceof TransferInterrupted || codeOf(error) === 'corrupt';
      if (signal?.aborted === true || !retryable || failures === maximumAttempts) throw toDownloadError(error, remote);
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
  let start = readSize(partial) ?? 0;
  if (start > bytes) {
    rmSync(partial);
    start = 0;
  }
  if (start === bytes && bytes > 0) return;
  const { body, resumed } = await request(start);
  let received = resumed ? start : 0;
  // Write each chunk immediately: it stays on disk if the connection breaks.
  const file = await open(partial, resumed ? 'a' : 'w');
  try {
    for await (const chunk of body) {
      await file.write(chunk);
      received += chunk.length;
      onReceived(received);
    }
    await file.sync();
  } catch (error) {
    if (isFileError(error)) throw error;
    throw new TransferInterrupted(`the connection was interrupted: ${codeOf(error) ?? reasonOf(error)}`);
  } finally {
    await file.close();
  }
  if (received !== bytes) throw new TransferInterrupted(`received ${received} of ${bytes} bytes`);
}

/** The transfer ended too early. The received part is kept. */
class TransferInterrupted extends Error {}

async function verify(partial: string, expected: string, { repository, path }: RemoteFile): Promise<void> {
  const [kind = '', digest] = expected.split(':');
  const hash = createHash(kind === 'sha256' ? 'sha256' : 'sha1');
  if (kind === 'blob') hash.update(`blob ${statSync(partial).size}\0`);
  for await (const chunk of createReadStream(partial, { highWaterMark: 256 * 1024 })) hash.update(chunk);
  if (hash.digest('hex') === digest) return;
  rmSync(partial);
  throw new MemoryMcpError(
    'corrupt',
    `${path} of ${repository} arrived damaged: its ${kind} differs from the one that the hub lists`,
    {
      hint: 'Try again, or check the mirror in HF_ENDPOINT and the proxy.',
    },
  );
}

function toDownloadError(error: unknown, { repository, path }: RemoteFile): unknown {
  if (!(error instanceof TransferInterrupted)) return error;
  return new MemoryMcpError(
    'model_unavailable',
    `${path} of ${repository} was not downloaded completely: ${error.message}`,
    {
      hint: 'Run memory-mcp download-models to resume the download.',
      cause: error,
    },
  );
}

/** Whether the error comes from writing the file, not from the connection. */
function isFileError(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'EPERM', 'EIO', 'EISDIR', 'EFBIG'].includes(codeOf(error) ?? '');
}

function readSize(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}
