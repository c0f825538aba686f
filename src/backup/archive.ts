/**
 * Tar archives compressed with gzip. Reading refuses everything that is not a plain file of an expected size, and more
 * data than was announced, so a small archive cannot fill the memory.
 */
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import { codeOf, MemoryMcpError, reasonOf } from '../core/errors.ts';
import { quoteForMessage } from '../core/text/visible-text.ts';
import { privateFileMode } from '../files/private-modes.ts';

export interface ArchiveEntry {
  readonly name: string;
  readonly bytes: number;
  read(): Readable;
}

/** Writes the entries in their order. */
export async function writeArchive(file: FileHandle, entries: readonly ArchiveEntry[], modified: Date): Promise<void> {
  const packed = pack();
  const addEntries = async () => {
    for (const { name, bytes, read } of entries) {
      await pipeline(read(), packed.entry({ name, size: bytes, mode: privateFileMode, mtime: modified }));
    }
    packed.finalize();
  };
  // Not `file.createWriteStream`: a file handle cannot be synced and closed while a stream holds it.
  const write = async (compressed: AsyncIterable<Uint8Array>) => {
    for await (const chunk of compressed) await file.writeFile(chunk);
  };
  await Promise.all([pipeline(packed, createGzip(), write), addEntries()]);
}

/** Headers, padding and what streams read ahead. */
const overhead = 256 * 1024;

/**
 * Calls `onEntry` for each file in the archive, in order. It must consume the content, and may stop with `false`. Throws
 * `corrupt` for a damaged archive and `forbidden` for one that holds anything but files, or more data than its headers say.
 */
export async function readArchive(
  archive: string,
  onEntry: (entry: { name: string; bytes: number; content: AsyncIterable<Uint8Array> }) => Promise<boolean>,
): Promise<void> {
  const entries = extract();
  let allowed = overhead;
  let passed = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      passed += chunk.length;
      if (passed <= allowed) done(null, chunk);
      else
        done(new MemoryMcpError('forbidden', `${archive} holds more data than its headers say; nothing was changed`));
    },
  });
  let failure: unknown;
  const fed = pipeline(createReadStream(archive), createGunzip(), meter, entries).catch((error: unknown) => {
    failure = error;
  });
  try {
    for await (const entry of entries) {
      const { name, size = 0, type } = entry.header;
      if (type !== 'file' || !Number.isSafeInteger(size)) {
        throw new MemoryMcpError(
          'forbidden',
          `${archive} contains ${quoteForMessage(name)}, which is not a file (${type})`,
          {
            hint: 'Backups contain only files. Nothing was changed.',
          },
        );
      }
      allowed += size + overhead;
      if (!(await onEntry({ name, bytes: size, content: contentOf(entry) }))) {
        entries.destroy();
        await fed;
        return;
      }
      entry.resume();
    }
    await fed;
    if (failure !== undefined) throw failure;
  } catch (error) {
    entries.destroy();
    await fed;
    throw asArchiveError(archive, error instanceof MemoryMcpError ? error : (failure ?? error));
  }
}

// The library does not say that its entries yield bytes.
const contentOf = (entry: AsyncIterable<unknown>) => entry as AsyncIterable<Uint8Array>;

function asArchiveError(archive: string, error: unknown): MemoryMcpError {
  if (error instanceof MemoryMcpError) return error;
  if (codeOf(error) === 'EACCES') {
    return new MemoryMcpError('backend_unavailable', `${archive} cannot be read (${reasonOf(error)})`, {
      hint: 'Let this user read it, or run the command as its owner. Nothing was changed.',
      cause: error,
    });
  }
  return new MemoryMcpError('corrupt', `${archive} cannot be read as a backup (${reasonOf(error)})`, {
    hint: 'Nothing was changed. Use another archive, or copy this one again from where it was made.',
    cause: error,
  });
}
