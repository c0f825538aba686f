/**
 * Projection: the vector index of one workspace and the only road by which vectors reach it. Before every search it
 * follows the change log, whoever wrote; what it cannot follow it rebuilds from the `vectors` table.
 */
import type { Clock } from '../core/clock.ts';
import { reasonOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { IdFingerprint, VectorChange, VectorSpace } from '../core/vector.ts';
import type { LoggedChange } from '../store/change-log.ts';
import type { MemoryStore } from '../store/memory-store.ts';
import type { StoredVector } from '../store/vector-table.ts';
import type { SnapshotPlace, VectorIndex } from '../vector/vector-index.ts';

export interface SnapshotRule {
  /** `manual` writes the file only on exit and on request. */
  readonly mode: 'idle' | 'manual';
  readonly idle_seconds: number;
  readonly min_interval: number;
}

export interface IndexSyncDeps {
  readonly store: MemoryStore;
  readonly open: (space: VectorSpace, snapshot: SnapshotPlace) => Promise<VectorIndex>;
  readonly file: string;
  readonly rule: () => SnapshotRule;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when damaged vectors were removed: their memories wait to be embedded again. */
  readonly onDamaged: () => void;
}

const batchLength = 1_000;
const pageLength = 5_000;
/** A crash should not cost more than this many changes of catching up. */
const changesPerSnapshot = 1_000;

export function createIndexSync({ store, open, file, rule, clock, logger, onDamaged }: IndexSyncDeps) {
  let opened: { index: VectorIndex; epoch: string; verified: boolean } | undefined;
  let savedGeneration = 0;
  let savedAt = Number.NEGATIVE_INFINITY;
  let turn: Promise<unknown> = Promise.resolve();

  /** One at a time: two catch-ups of the same index would apply the same changes in turns. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = turn.then(work, work);
    turn = result.catch(() => {});
    return result;
  }

  async function current(): Promise<VectorIndex | undefined> {
    const space = store.vectors.currentSpace();
    const { epoch } = store.identity();
    if (opened !== undefined && opened.epoch === epoch && opened.index.space.id === space?.id) return opened.index;
    await opened?.index.close();
    opened = undefined;
    if (space === undefined) return undefined;
    const index = await open(space, { file, epoch, tagOf: (generation) => store.changes.tagOf(generation) });
    opened = { index, epoch, verified: false };
    savedGeneration = await index.appliedGeneration();
    return index;
  }

  async function upToDate(): Promise<VectorIndex | undefined> {
    const index = await current();
    if (index === undefined) return undefined;
    for (;;) {
      const applied = await index.appliedGeneration();
      if (applied === store.changes.latest()) {
        if (await repair(index)) continue;
        return index;
      }
      if (applied === 0 || store.changes.tagOf(applied) === undefined) await fill(index);
      else await follow(index, applied);
    }
  }

  /** Repairs what catching up brought to light. True if there is more to catch up with. */
  async function repair(index: VectorIndex): Promise<boolean> {
    if (store.vectors.hasDamaged()) {
      try {
        const memories = await store.vectors.dropDamaged(index.space);
        logger.warn('vectors were damaged and are made again', { memories });
        onDamaged();
        return true;
      } catch (error) {
        // They stay left out. Another attempt follows with the next search.
        logger.warn('damaged vectors could not be removed', { reason: reasonOf(error) });
      }
    }
    if (opened === undefined || opened.verified) return false;
    const held = await index.fingerprint();
    const { latest, stored } = store.read(() => ({
      latest: store.changes.latest(),
      stored: store.vectors.fingerprint(index.space),
    }));
    if (latest !== (await index.appliedGeneration())) return true;
    opened.verified = true;
    if (held === undefined || isSameSet(held, stored)) return false;
    logger.warn('index.faiss does not hold the vectors of the database and is built again');
    await fill(index);
    return true;
  }

  /** Applies the next changes after `applied`, read in one snapshot so that changes and vectors belong together. */
  async function follow(index: VectorIndex, applied: number): Promise<void> {
    const { logged, changes } = store.read(() => {
      const next = store.changes.since(applied, batchLength);
      return { logged: next, changes: changesFrom(next, index.space) };
    });
    const generation = logged.at(-1)?.generation ?? store.changes.latest();
    await index.apply(changes, generation);
    if (generation - savedGeneration >= changesPerSnapshot) await save(index);
  }

  async function fill(index: VectorIndex): Promise<void> {
    // Whatever is written meanwhile has a later generation and is applied again afterwards, which changes nothing.
    const generation = store.changes.latest();
    await index.reset();
    for (let after = 0; ; ) {
      const { vectors, last } = store.vectors.page(index.space, after, pageLength);
      if (last === undefined) break;
      await index.apply(vectors.map(putOf), 0);
      after = last;
    }
    await index.apply([], generation);
  }

  function changesFrom(logged: readonly LoggedChange[], space: VectorSpace): VectorChange[] {
    const puts = logged.flatMap(({ op, vectorId }) => (op === 'put' && vectorId !== undefined ? [vectorId] : []));
    const vectors = store.vectors.byIds(puts, space);
    return logged.flatMap((change): VectorChange[] => {
      const { op, key, chunk, vectorId } = change;
      if (op === 'payload') {
        const memory = store.memories.read(key);
        return memory === undefined ? [] : [{ op, key, memory }];
      }
      if (vectorId === undefined) return [];
      if (op === 'drop') return [{ op, id: vectorId, key, chunk }];
      // A vector that is gone again, or belongs to another space, has nothing to put.
      const vector = vectors.get(vectorId);
      return vector === undefined ? [] : [putOf(vector)];
    });
  }

  function putOf({ id, key, chunk, vector, memoryId }: StoredVector): VectorChange {
    return {
      op: 'put',
      id,
      key,
      chunk,
      vector,
      // Only a remote index asks for the memory; reading a hundred thousand texts for a local one would be waste.
      get memory() {
        const memory = store.memories.byIds([memoryId]).get(memoryId);
        if (memory === undefined) throw new Error(`memory ${memoryId} of vector ${id} is gone`);
        return memory;
      },
    };
  }

  /** False if the file could not be written. */
  async function save(index: VectorIndex): Promise<boolean> {
    const generation = await index.appliedGeneration();
    savedAt = clock.monotonic();
    try {
      await index.flush();
    } catch (error) {
      // The file is a cache: without it the next start takes longer, and that is all.
      logger.warn('index.faiss could not be written; the next start rebuilds it', { reason: reasonOf(error) });
      return false;
    }
    savedGeneration = generation;
    return true;
  }

  return {
    /** The index with everything that is committed now, or undefined while there is no vector at all. */
    upToDate: (): Promise<VectorIndex | undefined> => inTurn(upToDate),
    /** Starts anew from the `vectors` table and writes the file. */
    rebuild: (): Promise<{ vectors: number; engine: string; file_written: boolean }> =>
      inTurn(async () => {
        const index = await current();
        if (index === undefined) return { vectors: 0, engine: 'none', file_written: false };
        await fill(index);
        await upToDate();
        const written = await save(index);
        return { vectors: await index.size(), engine: index.engine, file_written: written };
      }),
    /** Writes the file where the rule says so; `now` writes it whatever the rule says. False if it was not, and should be later. */
    snapshot: (when: { idle: number } | 'now'): Promise<boolean> =>
      inTurn(async () => {
        if (opened === undefined || (await opened.index.appliedGeneration()) === savedGeneration) return true;
        const { mode, idle_seconds, min_interval } = rule();
        if (when !== 'now') {
          if (mode === 'manual') return true;
          if (when.idle < idle_seconds * 1_000 || clock.monotonic() - savedAt < min_interval * 1_000) return false;
        }
        // What another process erases meanwhile must not come back with this file, so a save that was overtaken is
        // followed by another.
        for (;;) {
          const index = await upToDate();
          if (index === undefined) return true;
          if (!(await save(index))) return false;
          if (savedGeneration === store.changes.latest()) return true;
        }
      }),
    /** What answers "nearest"; "none" while there is no vector. */
    engine: (): string => opened?.index.engine ?? 'none',
    close: (): Promise<void> =>
      inTurn(async () => {
        await opened?.index.close();
        opened = undefined;
      }),
  };
}

function isSameSet(one: IdFingerprint, other: IdFingerprint): boolean {
  return one.count === other.count && one.sum === other.sum && one.squares === other.squares;
}

export type IndexSync = ReturnType<typeof createIndexSync>;
