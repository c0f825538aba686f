/**
 * Reads and writes FAISS files: `index.faiss` as FAISS itself would write it, and whatever flat file another program
 * made. The numbers go straight between the file and the blocks of `VectorRows`; a reader allocates no more than the
 * file holds.
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
  longestHead,
  parseHead,
} from './faiss-format.ts';

export interface OpenFaissFile {
  readonly handle: FileHandle;
  readonly layout: FaissLayout;
  readonly fileBytes: number;
}

/** Opens a file and reads its header; the caller closes the handle. `corrupt` where it is no flat FAISS file. */
export async function openFaissFile(path: string): Promise<OpenFaissFile> {
  // Without O_NONBLOCK a pipe in the place of the file would block for ever. Windows does not have the flag.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw corrupt('it is not a file');
    const head = await readBytes(handle, 0, Math.min(longestHead, stats.size));
    return { handle, layout: parseHead(head, stats.size), fileBytes: stats.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Everything in a flat FAISS file of any program. Rows without ids have the ids 0, 1, 2 … */
export async function readFaissFile(path: string): Promise<RowsSnapshot & { metric: FaissMetric }> {
  const { handle, layout } = await openFaissFile(path);
  try {
    const { rows } = await readRows(handle, layout);
    return { ...rows, metric: layout.metric };
  } finally {
    await handle.close();
  }
}

/** The rows of an open file and the crc32 of everything up to `layout.end`. */
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
  // Each block is read while the one before it is being summed.
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

/** Writes rows as an `IndexIDMap` over `IndexFlatIP`. Returns where the payload ends and its crc32. */
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
