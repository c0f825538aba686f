/**
 * The ids of points: Qdrant takes whole numbers and UUIDs alone. A UUID made of the memory's key and the chunk is the
 * same in every process, so that writing twice is writing once.
 */
import { createHash } from 'node:crypto';
import type { MemoryKey } from '../../core/memory.ts';

/** Made once, for memory-mcp. Another one would give every point another id. */
const namespace = Buffer.from('6f1d0b7c9a4e5d0f8c3b2a7e41d95c68', 'hex');

/** The point of one chunk of a memory. What follows the last "#" is the chunk: no two pairs share a name. */
export function pointIdOf(key: MemoryKey, chunk: number): string {
  return uuidOf(`${key}#${chunk}`);
}

/** The point that holds the state of the collection. No key is empty, so it is no memory's. */
export const statePointId = uuidOf('');

/** A UUID of version 5 (RFC 9562, section 5.5), in lower case with hyphens. */
function uuidOf(name: string): string {
  const hash = createHash('sha1').update(namespace).update(name, 'utf8').digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
