/**
 * Encodes and decodes the FAISS file format, except for the vectors: an `IndexFlat` (inner product or L2), alone or
 * inside an `IndexIDMap`. All fields are little-endian, as in faiss/impl/index_write.cpp of FAISS 1.7. No I/O.
 *
 *   index header   fourcc[4] | dimensions i32 | count i64 | 1<<20 i64 | 1<<20 i64 | is_trained u8 | metric i32
 *   IxFI, IxF2     index header | number of floats u64 | floats f32      (IxFI inner product, IxF2 squared L2)
 *   IxMp, IxM2     index header | the inner index | number of ids u64 | ids i64
 */
import { MemoryMcpError } from '../../core/errors.ts';

export type FaissMetric = 'inner_product' | 'l2';

/** The byte offsets of the parts of a file. */
export interface FaissLayout {
  readonly metric: FaissMetric;
  readonly dimensions: number;
  readonly count: number;
  readonly vectorsAt: number;
  /** The offset of the id count. The ids follow it. Undefined if the file has no ids. */
  readonly idCountAt: number | undefined;
  /** The offset after the last byte that FAISS reads. */
  readonly end: number;
}

const headerBytes = 37;
/** Enough bytes from the start of a file to determine its layout. */
export const maximumHeadBytes = 2 * headerBytes + 8;
const fourccs = { flatInnerProduct: 'IxFI', flatL2: 'IxF2', idMap: 'IxMp', idMap2: 'IxM2' };
const metrics: readonly FaissMetric[] = ['inner_product', 'l2'];
const unusedField = 1n << 20n;
/** Far more than any model has. Limits how much memory a corrupt header can make a reader allocate. */
const maximumDimensions = 65_536;

/** Encodes everything before the vectors of an `IndexIDMap` over `IndexFlatIP`. */
export function encodeHead(dimensions: number, count: number): Buffer {
  const floatCount = Buffer.alloc(8);
  floatCount.writeBigUInt64LE(BigInt(count) * BigInt(dimensions));
  return Buffer.concat([
    encodeHeader(fourccs.idMap, dimensions, count),
    encodeHeader(fourccs.flatInnerProduct, dimensions, count),
    floatCount,
  ]);
}

/** Encodes everything after the vectors: the id count and the ids. */
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
 * Parses the start of a file (`maximumHeadBytes` bytes, or all of a shorter one). Throws `corrupt` if it is not an
 * index of a type listed above, or if the header does not fit a file of `fileBytes`.
 */
export function parseHead(head: Buffer, fileBytes: number): FaissLayout {
  const outer = decodeHeader(head, 0);
  const mapped = outer.fourcc === fourccs.idMap || outer.fourcc === fourccs.idMap2;
  const flatAt = mapped ? headerBytes : 0;
  const flat = mapped ? decodeHeader(head, flatAt) : outer;
  if (flat.fourcc !== fourccs.flatInnerProduct && flat.fourcc !== fourccs.flatL2) {
    throw corrupt(`it holds an index of type ${JSON.stringify(flat.fourcc)}, which is not supported`);
  }
  if (flat.dimensions !== outer.dimensions || flat.count !== outer.count || flat.metric !== outer.metric) {
    throw corrupt('its two headers contradict each other');
  }
  if ((flat.fourcc === fourccs.flatL2) !== (flat.metric === 'l2'))
    throw corrupt('its index type and its metric contradict each other');
  const vectorsAt = flatAt + headerBytes + 8;
  if (head.length < vectorsAt) throw corrupt('it ends within its header');
  const { count, dimensions, metric } = flat;
  if (head.readBigUInt64LE(vectorsAt - 8) !== BigInt(count) * BigInt(dimensions)) {
    throw corrupt('its number of floats does not match its header');
  }
  const idCountAt = mapped ? vectorsAt + count * dimensions * 4 : undefined;
  const end = idCountAt === undefined ? vectorsAt + count * dimensions * 4 : idCountAt + 8 + count * 8;
  if (end > fileBytes) throw corrupt(`it has ${fileBytes} bytes, but its header needs ${end}`);
  return { metric, dimensions, count, vectorsAt, idCountAt, end };
}

/** Decodes the id count and the ids. Throws `corrupt` if there are not `count` ids or if one exceeds ±2^53. */
export function decodeIds(bytes: Buffer, count: number): Float64Array {
  if (bytes.readBigUInt64LE(0) !== BigInt(count)) throw corrupt('its number of ids does not match its header');
  const ids = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    const at = 8 + index * 8;
    const id = bytes.readInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
    if (!Number.isSafeInteger(id)) throw corrupt('it has an id beyond 2^53');
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
  if (head.length < at + headerBytes) throw corrupt('it ends within its header');
  const dimensions = head.readInt32LE(at + 4);
  const count = head.readBigInt64LE(at + 8);
  const metric = metrics[head.readInt32LE(at + 33)];
  const maximumRows = BigInt(Number.MAX_SAFE_INTEGER) / BigInt(maximumDimensions * 8);
  if (dimensions < 1 || dimensions > maximumDimensions || count < 0n || count > maximumRows) {
    throw corrupt('its header has an impossible size');
  }
  if (metric === undefined) throw corrupt('its metric is neither inner product nor L2');
  return { fourcc: head.toString('latin1', at, at + 4), dimensions, count: Number(count), metric };
}
