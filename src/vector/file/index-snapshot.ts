/**
 * Loads and saves `index.faiss`. The file is a cache. Any process that uses the store may replace it at any time with
 * its own generation, so a file that does not match leads to a rebuild, never to an error.
 */
import { crc32 } from 'node:zlib';
import { codeOf, MemoryMcpError, reasonOf } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { VectorSpace } from '../../core/vector.ts';
import { removeLeftovers, replaceFile } from '../../files/replace-file.ts';
import type { SnapshotPlace } from '../vector-index.ts';
import { hasUnitVectors, type RowsSnapshot } from '../vector-rows.ts';
import { type OpenFaissFile, openFaissFile, readBytes, readRows, writeBytes, writeRows } from './faiss-file.ts';
import { corrupt } from './faiss-format.ts';
import {
  checksumBytes,
  decodeTrailer,
  encodeTrailer,
  hashSpace,
  maximumTrailerBytes,
  type SnapshotTrailer,
} from './snapshot-trailer.ts';

export interface SnapshotDeps {
  readonly place: SnapshotPlace;
  readonly space: VectorSpace;
  readonly logger: Logger;
}

/** The content of an index at one moment. */
export interface IndexState {
  readonly rows: RowsSnapshot;
  readonly generation: number;
}

export interface StateToSave extends IndexState {
  /** The generation that this index last loaded or saved. It does not have to be saved again. */
  readonly savedGeneration: number | undefined;
}

/** Returns undefined if there is no file or if it does not match the store. The latter is logged as a warning. */
export async function loadSnapshot(deps: SnapshotDeps): Promise<IndexState | undefined> {
  const { place, logger } = deps;
  try {
    await removeLeftovers(place.file);
    return await readSnapshot(deps);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    logger.warn('The vector index file cannot be used, so the index is rebuilt from the database', {
      file: place.file,
      reason: reasonOf(error),
    });
    return undefined;
  }
}

/** Reads the file and changes nothing: its state, `absent`, or why it cannot be used. */
export async function inspectSnapshot(
  deps: SnapshotDeps,
): Promise<IndexState | 'absent' | { readonly unusable: string }> {
  try {
    return await readSnapshot(deps);
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? 'absent' : { unusable: reasonOf(error) };
  }
}

/**
 * Replaces the file, unless it already has this state or a later one. Generation 0 is not saved, because loading it
 * would lead to a rebuild anyway. Rejects with `backend_unavailable` if the file cannot be written. The old file is
 * kept then.
 */
export async function saveSnapshot(
  deps: SnapshotDeps,
  { rows, generation, savedGeneration }: StateToSave,
): Promise<void> {
  const { place, space, logger } = deps;
  if (generation === 0) return;
  const tag = place.tagOf(generation);
  if (tag === undefined) {
    logger.debug('The vector index was not saved because it is older than the change log', { generation });
    return;
  }
  const current = await readCurrentTrailer(deps);
  if (current !== undefined && current.generation > generation) return;
  if (current?.generation === generation && savedGeneration === generation) return;
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
    throw new MemoryMcpError('backend_unavailable', `Could not write ${place.file}: ${reasonOf(cause)}`, {
      hint: 'No memory is lost, because the index can be rebuilt from memory.sqlite. Free disk space or fix the permissions of the folder.',
      cause,
    });
  }
}

async function readSnapshot(deps: SnapshotDeps): Promise<IndexState> {
  const opened = await openFaissFile(deps.place.file);
  try {
    const { trailer, bytes } = await readTrailer(opened);
    const mismatch = findMismatch(trailer, opened, deps);
    if (mismatch !== undefined) throw corrupt(mismatch);
    const { rows, checksum } = await readRows(opened.handle, opened.layout);
    const last = bytes.length - checksumBytes;
    if (crc32(bytes.subarray(0, last), checksum) !== bytes.readUInt32LE(last)) {
      throw corrupt('its checksum does not match its content');
    }
    if (!hasUnitVectors(rows)) throw corrupt('its vectors are not unit vectors');
    return { rows, generation: trailer.generation };
  } finally {
    await opened.handle.close();
  }
}

/** The trailer of the current file, if that file matches the store. Does not read the vectors. */
async function readCurrentTrailer(deps: SnapshotDeps): Promise<SnapshotTrailer | undefined> {
  try {
    const opened = await openFaissFile(deps.place.file);
    try {
      const { trailer } = await readTrailer(opened);
      return findMismatch(trailer, opened, deps) === undefined ? trailer : undefined;
    } finally {
      await opened.handle.close();
    }
  } catch {
    // The reason does not matter, because the file is about to be replaced.
    return undefined;
  }
}

async function readTrailer({ handle, layout, fileBytes }: OpenFaissFile) {
  const bytes = await readBytes(handle, layout.end, Math.min(fileBytes - layout.end, maximumTrailerBytes));
  return { bytes, trailer: decodeTrailer(bytes) };
}

function findMismatch(
  trailer: SnapshotTrailer,
  { layout }: OpenFaissFile,
  { place, space }: SnapshotDeps,
): string | undefined {
  if (trailer.epoch !== place.epoch) return 'it belongs to another store or to an earlier epoch of this one';
  if (layout.dimensions !== space.dimensions || !trailer.spaceHash.equals(hashSpace(space))) {
    return 'its vectors were made by another model';
  }
  const sameShape = trailer.dimensions === layout.dimensions && trailer.count === layout.count;
  if (!sameShape || layout.idCountAt === undefined || layout.metric !== 'inner_product') {
    return 'its trailer belongs to other vectors';
  }
  return trailer.tag === place.tagOf(trailer.generation) ? undefined : 'the change log has no entry for its generation';
}
