/**
 * When `index.faiss` is used and when it is replaced. It is a cache that any process of the store may replace at any
 * time with whatever generation it holds: a file that does not fit is a reason to rebuild, never an error.
 */
import { crc32 } from 'node:zlib';
import { codeOf, MemoryMcpError, reasonOf } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { VectorSpace } from '../../core/vector.ts';
import { removeLeftovers, replaceFile } from '../../files/replace-file.ts';
import type { SnapshotPlace } from '../vector-index.ts';
import { holdsUnitVectors, type RowsSnapshot } from '../vector-rows.ts';
import { type OpenFaissFile, openFaissFile, readBytes, readRows, writeBytes, writeRows } from './faiss-file.ts';
import { corrupt } from './faiss-format.ts';
import {
  checksumBytes,
  decodeTrailer,
  encodeTrailer,
  hashSpace,
  longestTrailer,
  type SnapshotTrailer,
} from './snapshot-trailer.ts';

export interface SnapshotDeps {
  readonly place: SnapshotPlace;
  readonly space: VectorSpace;
  readonly logger: Logger;
}

/** What an index holds at one moment. */
export interface IndexState {
  readonly rows: RowsSnapshot;
  readonly generation: number;
}

export interface StateToSave extends IndexState {
  /** The generation of the file that this index read or wrote last; it need not be written again. */
  readonly savedGeneration: number | undefined;
}

/** What the file holds, if it fits the store; undefined else, with one warning if there is a file at all. */
export async function loadSnapshot(parts: SnapshotDeps): Promise<IndexState | undefined> {
  const { place, logger } = parts;
  try {
    await removeLeftovers(place.file);
    return await readSnapshot(parts);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    logger.warn('The vector index file cannot be used and is built again from the database', {
      file: place.file,
      reason: reasonOf(error),
    });
    return undefined;
  }
}

/**
 * Replaces the file, unless it shows this state or a later one of the same store already, or the state is generation 0,
 * which asks for a rebuild anyway. `backend_unavailable` where it cannot be written; the old file is still there then.
 */
export async function saveSnapshot(
  parts: SnapshotDeps,
  { rows, generation, savedGeneration }: StateToSave,
): Promise<void> {
  const { place, space, logger } = parts;
  if (generation === 0) return;
  const tag = place.tagOf(generation);
  if (tag === undefined) {
    logger.debug('The vector index is older than the change log and was not written', { generation });
    return;
  }
  const present = await presentTrailer(parts);
  if (present !== undefined && present.generation > generation) return;
  if (present?.generation === generation && savedGeneration === generation) return;
  const trailer = { ...rows, epoch: place.epoch, generation, tag, spaceHash: hashSpace(space) };
  try {
    await replaceFile(place.file, async (handle) => {
      const { end, checksum } = await writeRows(handle, rows);
      const bytes = encodeTrailer(trailer);
      const last = Buffer.alloc(checksumBytes);
      last.writeUInt32LE(crc32(bytes, checksum));
      await writeBytes(handle, end, Buffer.concat([bytes, last]));
    });
  } catch (cause) {
    throw new MemoryMcpError('backend_unavailable', `${place.file} could not be written: ${reasonOf(cause)}`, {
      hint: 'No memory is lost: the index is rebuilt from memory.sqlite. Make room on the disk or repair the permissions of the folder.',
      cause,
    });
  }
}

async function readSnapshot(parts: SnapshotDeps): Promise<IndexState> {
  const opened = await openFaissFile(parts.place.file);
  try {
    const { trailer, bytes } = await readTrailer(opened);
    const misfit = mismatchReason(trailer, opened, parts);
    if (misfit !== undefined) throw corrupt(misfit);
    const { rows, checksum } = await readRows(opened.handle, opened.layout);
    const last = bytes.length - checksumBytes;
    if (crc32(bytes.subarray(0, last), checksum) !== bytes.readUInt32LE(last)) {
      throw corrupt('its checksum is not that of its content');
    }
    if (!holdsUnitVectors(rows)) throw corrupt('its numbers are not those of unit vectors');
    return { rows, generation: trailer.generation };
  } finally {
    await opened.handle.close();
  }
}

/** The trailer of the file that is there now, if that file fits the store; its vectors are not looked at. */
async function presentTrailer(parts: SnapshotDeps): Promise<SnapshotTrailer | undefined> {
  try {
    const opened = await openFaissFile(parts.place.file);
    try {
      const { trailer } = await readTrailer(opened);
      return mismatchReason(trailer, opened, parts) === undefined ? trailer : undefined;
    } finally {
      await opened.handle.close();
    }
  } catch {
    // Whatever is wrong with it, it is about to be replaced.
    return undefined;
  }
}

async function readTrailer({ handle, layout, fileBytes }: OpenFaissFile) {
  const bytes = await readBytes(handle, layout.end, Math.min(fileBytes - layout.end, longestTrailer));
  return { bytes, trailer: decodeTrailer(bytes) };
}

function mismatchReason(
  trailer: SnapshotTrailer,
  { layout }: OpenFaissFile,
  { place, space }: SnapshotDeps,
): string | undefined {
  if (trailer.epoch !== place.epoch) return 'it belongs to another store or to an earlier life of this one';
  if (layout.dimensions !== space.dimensions || !trailer.spaceHash.equals(hashSpace(space))) {
    return 'its vectors come from another model';
  }
  const sameShape = trailer.dimensions === layout.dimensions && trailer.count === layout.count;
  if (!sameShape || layout.idCountAt === undefined || layout.metric !== 'inner_product') {
    return 'its trailer belongs to other vectors';
  }
  return trailer.tag === place.tagOf(trailer.generation) ? undefined : 'the change log does not know its state';
}
