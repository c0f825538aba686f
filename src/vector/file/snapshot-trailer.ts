/**
 * Encodes and decodes the trailer of `index.faiss`, which FAISS ignores. It identifies the store and the generation of
 * the vectors, and ends with a checksum of everything before it. Integers are little-endian.
 *
 *   magic[8] | format version u16 | length of the trailer u16 | dimensions u32 | count u64 | generation u64 |
 *   sha256 of the space id [32] | epoch: length u16, UTF-8 | tag: length u16, UTF-8 | crc32 of all bytes before it u32
 */
import { createHash } from 'node:crypto';
import type { VectorSpace } from '../../core/vector.ts';
import { corrupt } from './faiss-format.ts';

export interface SnapshotTrailer {
  /** The epoch of the store that the vectors belong to. */
  readonly epoch: string;
  /** The newest change that the vectors include. */
  readonly generation: number;
  /** The tag of that change in the change log. */
  readonly tag: string;
  readonly dimensions: number;
  readonly count: number;
  readonly spaceHash: Buffer;
}

const magic = Buffer.from('MEMVEC\r\n', 'latin1');
const formatVersion = 1;
const fixedBytes = 64;
export const checksumBytes = 4;
/** Far more than a trailer needs. A longer one is not ours. */
export const maximumTrailerBytes = 4096;

export function hashSpace({ id }: VectorSpace): Buffer {
  return createHash('sha256').update(id).digest();
}

/** Encodes the trailer without its last field, the checksum. */
export function encodeTrailer({ epoch, generation, tag, dimensions, count, spaceHash }: SnapshotTrailer): Buffer {
  const texts = Buffer.concat([encodeText(epoch), encodeText(tag)]);
  const fixed = Buffer.alloc(fixedBytes);
  magic.copy(fixed);
  fixed.writeUInt16LE(formatVersion, 8);
  fixed.writeUInt16LE(fixedBytes + texts.length + checksumBytes, 10);
  fixed.writeUInt32LE(dimensions, 12);
  fixed.writeBigUInt64LE(BigInt(count), 16);
  fixed.writeBigUInt64LE(BigInt(generation), 24);
  spaceHash.copy(fixed, 32);
  return Buffer.concat([fixed, texts]);
}

/** Decodes all bytes after the payload, including the checksum. Throws `corrupt` if they are not a valid trailer. */
export function decodeTrailer(bytes: Buffer): SnapshotTrailer {
  if (bytes.length < fixedBytes + checksumBytes || !bytes.subarray(0, magic.length).equals(magic)) {
    throw corrupt('it has no trailer of memory-mcp');
  }
  const version = bytes.readUInt16LE(8);
  if (version !== formatVersion)
    throw corrupt(`its trailer has version ${version}, but this program supports ${formatVersion}`);
  if (bytes.readUInt16LE(10) !== bytes.length) throw corrupt('its trailer does not have the length that it states');
  const epoch = decodeText(bytes, fixedBytes);
  const tag = decodeText(bytes, epoch.end);
  if (tag.end !== bytes.length - checksumBytes) throw corrupt('its trailer does not have the length that it states');
  return {
    dimensions: bytes.readUInt32LE(12),
    count: Number(bytes.readBigUInt64LE(16)),
    generation: Number(bytes.readBigUInt64LE(24)),
    spaceHash: bytes.subarray(32, fixedBytes),
    epoch: epoch.text,
    tag: tag.text,
  };
}

function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(2);
  length.writeUInt16LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function decodeText(bytes: Buffer, at: number): { text: string; end: number } {
  const last = bytes.length - checksumBytes;
  const end = at + 2 <= last ? at + 2 + bytes.readUInt16LE(at) : Number.POSITIVE_INFINITY;
  if (end > last) throw corrupt('its trailer ends too early');
  return { text: bytes.toString('utf8', at + 2, end), end };
}
