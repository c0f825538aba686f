/**
 * Reads and writes FAISS files. Writes `index.faiss` as FAISS would write it, and reads flat indexes of any program.
 * Vectors are read into and written from blocks of `VectorRows` without copying. Reading allocates no more than the
 * size of the file.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { type RowsSnapshot, rowsPerBlock } from '../vector-rows.ts';
import {
  corrupt,
  decodeIds,
  encodeHead,
  encodeIds,
  type FaissLayout,
  type FaissMetric,
  maximumHeadBytes,
  parseHead,
} from './faiss-format.ts';

export interface OpenFaissFile {
  readonly handle: FileHandle;
  readonly layout: FaissLayout;
  readonly fileBytes: number;
}

/**
 * Opens a file and parses its header. The caller closes the handle. Rejects with `corrupt` if it is no flat FAISS file.
 */
export async function openFaissFile(path: string): Promise<OpenFaissFile> {
  // Without O_NONBLOCK, opening a named pipe would block forever. Windows does not have the flag.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw corrupt('it is not a regular file');
    const head = await readBytes(handle, 0, Math.min(maximumHeadBytes, stats.size));
    return { handle, layout: parseHead(head, stats.size), fileBytes: stats.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Reads a flat FAISS file of any program. Rows without ids get the ids 0, 1, 2 … */
export async function readFaissFile(path: string): Promise<RowsSnapshot & { metric: FaissMetric }> {
  const { handle, layout } = await openFaissFile(path);
  try {
    const { rows } = await readRows(handle, layout);
    return { ...rows, metric: layout.metric };
  } finally {
    await handle.close();
  }
}

/** Reads the rows of an open file, and computes the crc32 of all bytes before `layout.end`. */
export async function readRows(
  handle: FileHandle,
  layout: FaissLayout,
): Promise<{ rows: RowsSnapshot; checksum: number }> {
  const { dimensions, count, vectorsAt, idCountAt } = layout;
  let checksum = crc32(await readBytes(handle, 0, vectorsAt));
  const blocks: Float32Array[] = [];
  const read = async (row: number) => {
    const block = new Float32Array(Math.min(rowsPerBlock, count - row) * dimensions);
    await readInto(handle, vectorsAt + row * dimensions * 4, bytesOf(block));
    return block;
  };
  // Read the next block while computing the checksum of this one.
  let next = count > 0 ? read(0) : undefined;
  while (next !== undefined) {
    const block = await next;
    blocks.push(block);
    const row = blocks.length * rowsPerBlock;
    next = row < count ? read(row) : undefined;
    checksum = crc32(bytesOf(block), checksum);
  }
  if (idCountAt === undefined) {
    return {
      rows: { dimensions, count, blocks, ids: Float64Array.from({ length: count }, (_, row) => row) },
      checksum,
    };
  }
  const idBytes = await readBytes(handle, idCountAt, 8 + count * 8);
  return { rows: { dimensions, count, blocks, ids: decodeIds(idBytes, count) }, checksum: crc32(idBytes, checksum) };
}

/** Writes rows as an `IndexIDMap` over `IndexFlatIP`. Returns the end of the payload and its crc32. */
export async function writeRows(handle: FileHandle, rows: RowsSnapshot): Promise<{ end: number; checksum: number }> {
  let end = 0;
  let checksum = 0;
  for (const part of [encodeHead(rows.dimensions, rows.count), ...rows.blocks.map(bytesOf), encodeIds(rows.ids)]) {
    await writeBytes(handle, end, part);
    checksum = crc32(part, checksum);
    end += part.byteLength;
  }
  return { end, checksum };
}

export async function readBytes(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  await readInto(handle, position, bytes);
  return bytes;
}

export async function writeBytes(handle: FileHandle, position: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.byteLength - done, position + done);
    done += bytesWritten;
  }
}

async function readInto(handle: FileHandle, position: number, target: Uint8Array): Promise<void> {
  for (let done = 0; done < target.byteLength; ) {
    const { bytesRead } = await handle.read(target, done, target.byteLength - done, position + done);
    if (bytesRead === 0) throw corrupt('it ends too early');
    done += bytesRead;
  }
}

function bytesOf(block: Float32Array): Uint8Array {
  return new Uint8Array(block.buffer, block.byteOffset, block.byteLength);
}
