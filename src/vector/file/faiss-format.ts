/**
 * The bytes of a FAISS file around its numbers: `IndexFlat` (inner product or L2), alone or inside an `IndexIDMap`.
 * Everything is little-endian, as faiss/impl/index_write.cpp of FAISS 1.7 writes it. Pure: buffers in, buffers out.
 *
 *   index header   fourcc[4] | dimensions i32 | count i64 | 1<<20 i64 | 1<<20 i64 | is_trained u8 | metric i32
 *   IxFI, IxF2     index header | number of floats u64 | floats f32      (IxFI inner product, IxF2 squared L2)
 *   IxMp, IxM2     index header | the inner index | number of ids u64 | ids i64
 */
import { MemoryMcpError } from '../../core/errors.ts';

export type FaissMetric = 'inner_product' | 'l2';

/** Where the parts of a file are, in bytes from its start. */
export interface FaissLayout {
  readonly metric: FaissMetric;
  readonly dimensions: number;
  readonly count: number;
  readonly vectorsAt: number;
  /** Of the number of ids, which the ids follow; undefined where rows are numbered from 0. */
  readonly idCountAt: number | undefined;
  /** The first byte that FAISS does not read. */
  readonly end: number;
}

const headerBytes = 37;
/** Enough of a file's start to know its layout. */
export const longestHead = 2 * headerBytes + 8;
const fourccs = { flatInnerProduct: 'IxFI', flatL2: 'IxF2', idMap: 'IxMp', idMap2: 'IxM2' };
const metrics: readonly FaissMetric[] = ['inner_product', 'l2'];
const unusedField = 1n << 20n;
/** Far above any model's; a reader allocates by it. */
const largestDimensions = 65_536;

/** What stands before the vectors of an `IndexIDMap` over `IndexFlatIP`. */
export function encodeHead(dimensions: number, count: number): Buffer {
  const floatCount = Buffer.alloc(8);
  floatCount.writeBigUInt64LE(BigInt(count) * BigInt(dimensions));
  return Buffer.concat([
    encodeHeader(fourccs.idMap, dimensions, count),
    encodeHeader(fourccs.flatInnerProduct, dimensions, count),
    floatCount,
  ]);
}

/** What stands after the vectors: the number of ids and the ids. */
export function encodeIds(ids: Float64Array): Buffer {
  const bytes = Buffer.alloc(8 + ids.length * 8);
  bytes.writeBigUInt64LE(BigInt(ids.length));
  for (let index = 0; index < ids.length; index++) {
    const id = ids[index] ?? 0;
    const high = Math.floor(id / 2 ** 32);
    bytes.writeUInt32LE(id - high * 2 ** 32, 8 + index * 8);
    bytes.writeInt32LE(high, 12 + index * 8);
  }
  return bytes;
}

/**
 * Reads the start of a file (`longestHead` bytes, or all of a shorter one). `corrupt` where it is no index of a kind
 * named above, or where a file of `fileBytes` cannot hold what the header promises.
 */
export function parseHead(head: Buffer, fileBytes: number): FaissLayout {
  const outer = decodeHeader(head, 0);
  const mapped = outer.fourcc === fourccs.idMap || outer.fourcc === fourccs.idMap2;
  const flatAt = mapped ? headerBytes : 0;
  const flat = mapped ? decodeHeader(head, flatAt) : outer;
  if (flat.fourcc !== fourccs.flatInnerProduct && flat.fourcc !== fourccs.flatL2) {
    throw corrupt(`it holds an index of the kind ${JSON.stringify(flat.fourcc)}`);
  }
  if (flat.dimensions !== outer.dimensions || flat.count !== outer.count || flat.metric !== outer.metric) {
    throw corrupt('its two headers differ');
  }
  if ((flat.fourcc === fourccs.flatL2) !== (flat.metric === 'l2')) throw corrupt('its kind and its metric differ');
  const vectorsAt = flatAt + headerBytes + 8;
  if (head.length < vectorsAt) throw corrupt('it ends inside its header');
  const { count, dimensions, metric } = flat;
  if (head.readBigUInt64LE(vectorsAt - 8) !== BigInt(count) * BigInt(dimensions)) {
    throw corrupt('its number of floats is not that of its header');
  }
  const idCountAt = mapped ? vectorsAt + count * dimensions * 4 : undefined;
  const end = idCountAt === undefined ? vectorsAt + count * dimensions * 4 : idCountAt + 8 + count * 8;
  if (end > fileBytes) throw corrupt(`it has ${fileBytes} bytes where ${end} belong`);
  return { metric, dimensions, count, vectorsAt, idCountAt, end };
}

/** Reads the ids and their number. `corrupt` where the number is not `count` or an id is beyond ±2^53. */
export function decodeIds(bytes: Buffer, count: number): Float64Array {
  if (bytes.readBigUInt64LE(0) !== BigInt(count)) throw corrupt('its number of ids is not that of its header');
  const ids = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    const at = 8 + index * 8;
    const id = bytes.readInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
    if (!Number.isSafeInteger(id)) throw corrupt('it holds an id beyond 2^53');
    ids[index] = id;
  }
  return ids;
}

export function corrupt(what: string): MemoryMcpError {
  return new MemoryMcpError('corrupt', `The FAISS file cannot be used: ${what}`);
}

function encodeHeader(fourcc: string, dimensions: number, count: number): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.write(fourcc, 0, 'latin1');
  header.writeInt32LE(dimensions, 4);
  header.writeBigInt64LE(BigInt(count), 8);
  header.writeBigInt64LE(unusedField, 16);
  header.writeBigInt64LE(unusedField, 24);
  header.writeUInt8(1, 32);
  header.writeInt32LE(metrics.indexOf('inner_product'), 33);
  return header;
}

function decodeHeader(head: Buffer, at: number) {
  if (head.length < at + headerBytes) throw corrupt('it ends inside its header');
  const dimensions = head.readInt32LE(at + 4);
  const count = head.readBigInt64LE(at + 8);
  const metric = metrics[head.readInt32LE(at + 33)];
  const mostRows = BigInt(Number.MAX_SAFE_INTEGER) / BigInt(largestDimensions * 8);
  if (dimensions < 1 || dimensions > largestDimensions || count < 0n || count > mostRows) {
    throw corrupt('its header promises an impossible size');
  }
  if (metric === undefined) throw corrupt('its metric is neither inner product nor L2');
  return { fourcc: head.toString('latin1', at, at + 4), dimensions, count: Number(count), metric };
}
