/**
 * Keeps the vector index of one workspace in sync with the store. Nothing else writes to the index. Before every search
 * it applies the new entries of the change log, including those of other processes. If the change log does not continue
 * from the state of the index, it rebuilds the index from the `vectors` table.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../core/clock.ts';
import { MemoryMcpError, reasonOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { IdFingerprint, VectorChange, VectorId, VectorSpace } from '../core/vector.ts';
import type { LoggedChange } from '../store/change-log.ts';
import type { MemoryStore } from '../store/memory-store.ts';
import type { StoredVector } from '../store/vector-table.ts';
import type { IndexServer, StorePlace, VectorIndex } from '../vector/vector-index.ts';

export interface SnapshotRule {
  /** `manual` writes the file only on exit and on request. */
  readonly mode: 'idle' | 'manual';
  readonly idle_seconds: number;
  readonly min_interval: number;
}

export interface IndexSyncDeps {
  readonly store: MemoryStore;
  readonly open: (space: VectorSpace, place: StorePlace) => Promise<VectorIndex>;
  /** Where the index lies, unless it is in this process. */
  readonly server?: IndexServer | undefined;
  readonly file: string;
  readonly rule: () => SnapshotRule;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called after damaged vectors were removed. Their memories are then in the queue. */
  readonly onDamaged: () => void;
}

export interface Progress {
  readonly done: number;
  readonly total: number;
}

type PutChange = Extract<VectorChange, { op: 'put' }>;

const batchLength = 1_000;
const pageLength = 1_000;
/** Smaller, because points sent to a server carry the texts of their memories. */
const serverPageLength = 500;
/** Upper bound on the changes that have to be applied again after a crash. */
const changesPerSnapshot = 1_000;

export function createIndexSync({ store, open, server, file, rule, clock, logger, onDamaged }: IndexSyncDeps) {
  let opened: { index: VectorIndex; epoch: string; verified: boolean } | undefined;
  let savedGeneration = 0;
  /** Of the last attempt to save, which may have failed. */
  let triedGeneration = 0;
  let savedAt = Number.NEGATIVE_INFINITY;
  let turn: Promise<unknown> = Promise.resolve();
  let filling: Progress | undefined;
  let closing = false;

  /** Runs work on the index one at a time: two concurrent syncs would apply the same changes twice. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = turn.then(work, work);
    turn = result.catch(() => {});
    return result;
  }

  async function openCurrent(): Promise<VectorIndex | undefined> {
    const space = store.vectors.currentSpace();
    const { epoch, storeId } = store.identity();
    if (opened !== undefined && opened.epoch === epoch && opened.index.space.id === space?.id) return opened.index;
    await opened?.index.close();
    opened = undefined;
    if (space === undefined) return undefined;
    const index = await open(space, {
      file,
      epoch,
      storeId,
      tagOf: (generation) => store.changes.tagOf(generation),
    });
    opened = { index, epoch, verified: false };
    savedGeneration = await index.appliedGeneration();
    triedGeneration = savedGeneration;
    return index;
  }

  async function catchUp(): Promise<VectorIndex | undefined> {
    const index = await openCurrent();
    if (index === undefined) return undefined;
    try {
      for (;;) {
        requireOpen();
        const applied = await index.appliedGeneration();
        if (applied === store.changes.latest()) {
          if (await repair(index)) continue;
          return index;
        }
        if (applied === 0 || store.changes.tagOf(applied) === undefined) await rebuild(index);
        else await applyChanges(index, applied);
      }
    } finally {
      filling = undefined;
    }
  }

  /** Sending a large store to a server takes minutes, and closing does not wait for them. */
  function requireOpen(): void {
    if (closing) throw new MemoryMcpError('busy', 'The vector index is being closed');
  }

  /** Removes damaged vectors and replaces a foreign index file. True if there are new changes to apply. */
  async function repair(index: VectorIndex): Promise<boolean> {
    if (store.vectors.hasDamaged()) {
      try {
        const memories = await store.vectors.dropDamaged(index.space);
        logger.warn('damaged vectors were removed; their memories are embedded again', { memories });
        onDamaged();
        return true;
      } catch (error) {
        // Searches ignore damaged vectors. The next search tries again.
        logger.warn('could not remove damaged vectors', { reason: reasonOf(error) });
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
    // A server does not list its ids, but it can count its points.
    if (held === undefined ? (await index.size()) === stored.count : isSameSet(held, stored)) return false;
    logger.warn(`${server?.name ?? 'index.faiss'} does not match the vectors in the database and is rebuilt`);
    await rebuild(index, { fresh: true });
    return true;
  }

  /** Applies the next batch of changes after `applied`. Changes and their vectors are read in one read transaction. */
  async function applyChanges(index: VectorIndex, applied: number): Promise<void> {
    const { logged, changes } = store.read(() => {
      const next = store.changes.since(applied, batchLength);
      return { logged: next, changes: toVectorChanges(next, index.space) };
    });
    const generation = logged.at(-1)?.generation ?? store.changes.latest();
    const waiting = store.changes.latest() - applied;
    if (waiting > batchLength) filling ??= { done: 0, total: waiting };
    await index.apply(changes, generation);
    if (filling !== undefined) filling = { ...filling, done: filling.done + logged.length };
    if (generation - triedGeneration >= changesPerSnapshot) await save(index);
    await nextTurn();
  }

  /** Sends every vector once more, with its memory as it is now. Takes nothing away. */
  async function sendPages(index: VectorIndex, { after = 0, sent = 0 } = {}): Promise<void> {
    const total = store.vectors.count(index.space);
    for (let last: VectorId | undefined = after, done = sent; last !== undefined; ) {
      requireOpen();
      filling = { done, total };
      const from: VectorId = last;
      const page = store.read(() => {
        const { vectors, last: end } = store.vectors.page(
          index.space,
          from,
          server === undefined ? pageLength : serverPageLength,
        );
        return { puts: putsOf(vectors), end };
      });
      if (page.end !== undefined) await index.apply(page.puts, 0);
      done += page.puts.length;
      await nextTurn();
      last = page.end;
    }
  }

  async function rebuild(index: VectorIndex, { fresh = false } = {}): Promise<void> {
    const interrupted = fresh ? undefined : await index.resume?.();
    // Vectors written during the rebuild have a later generation and are applied again, which is idempotent.
    const target = interrupted?.target ?? store.changes.latest();
    if (interrupted === undefined) await index.reset(target);
    await sendPages(index, interrupted && { after: interrupted.after, sent: await index.size() });
    await index.apply([], target);
  }

  function toVectorChanges(logged: readonly LoggedChange[], space: VectorSpace): VectorChange[] {
    const putIds = logged.flatMap(({ op, vectorId }) => (op === 'put' && vectorId !== undefined ? [vectorId] : []));
    const puts = new Map(putsOf([...store.vectors.byIds(putIds, space).values()]).map((put) => [put.id, put]));
    return logged.flatMap((change): VectorChange[] => {
      const { op, key, chunk, vectorId } = change;
      if (op === 'payload') {
        const memory = store.memories.read(key);
        return memory === undefined ? [] : [{ op, key, memory }];
      }
      if (vectorId === undefined) return [];
      if (op === 'drop') return [{ op, id: vectorId, key, chunk }];
      // The vector has since been deleted, or belongs to another space.
      const put = puts.get(vectorId);
      return put === undefined ? [] : [put];
    });
  }

  /** Call it inside a read transaction, in which the memories are still those of the vectors. */
  function putsOf(vectors: readonly StoredVector[]): PutChange[] {
    if (server === undefined) return vectors.map(putWithoutMemory);
    const memories = store.memories.byIds(vectors.map(({ memoryId }) => memoryId));
    return vectors.flatMap(({ id, key, chunk, vector, memoryId }) => {
      const memory = memories.get(memoryId);
      return memory === undefined ? [] : [{ op: 'put', id, key, chunk, vector, memory }];
    });
  }

  function putWithoutMemory({ id, key, chunk, vector, memoryId }: StoredVector): PutChange {
    return {
      op: 'put',
      id,
      key,
      chunk,
      vector,
      // A getter, because a local index would read every text for nothing.
      get memory() {
        const memory = store.memories.byIds([memoryId]).get(memoryId);
        if (memory === undefined) throw new Error(`memory ${memoryId} of vector ${id} does not exist`);
        return memory;
      },
    };
  }

  /** False if the file could not be written. */
  async function save(index: VectorIndex): Promise<boolean> {
    // Do not create a deleted folder again just for a cache.
    if (store.readOnly || !store.isInPlace()) return true;
    const generation = await index.appliedGeneration();
    triedGeneration = generation;
    savedAt = clock.monotonic();
    try {
      await index.flush();
    } catch (error) {
      // The file is a cache. Without it the next start only takes longer.
      logger.warn('could not write index.faiss; the next start rebuilds it', { reason: reasonOf(error) });
      return false;
    }
    savedGeneration = generation;
    return true;
  }

  return {
    /** The index with everything committed so far, or undefined while there are no vectors. */
    upToDate: (): Promise<VectorIndex | undefined> => inTurn(catchUp),
    /** Brings the index up to date, and the memories in it: how often each was read is in no change log. */
    sendAll: (): Promise<void> =>
      inTurn(async () => {
        const index = await openCurrent();
        if (index === undefined) return;
        const wasEmpty = (await index.appliedGeneration()) === 0;
        await catchUp();
        try {
          if (!wasEmpty) await sendPages(index);
        } finally {
          filling = undefined;
        }
      }),
    /** Opens the index and asks how far it has come, which shows whether it can be used. */
    open: (): Promise<void> =>
      inTurn(async () => {
        await (await openCurrent())?.appliedGeneration();
      }),
    /** Rebuilds the index from the `vectors` table and writes the file. */
    rebuild: (): Promise<{ vectors: number; engine: string; file_written: boolean }> =>
      inTurn(async () => {
        const index = await openCurrent();
        if (index === undefined) return { vectors: 0, engine: 'none', file_written: false };
        await rebuild(index, { fresh: true });
        await catchUp();
        const written = (await save(index)) && server === undefined;
        return { vectors: await index.size(), engine: index.engine, file_written: written };
      }),
    /** Writes the file if the rule asks for it; `now` ignores the rule. False if a later call must try again. */
    snapshot: (when: { idle: number } | 'now'): Promise<boolean> =>
      inTurn(async () => {
        if (opened === undefined || (await opened.index.appliedGeneration()) === savedGeneration) return true;
        const { mode, idle_seconds, min_interval } = rule();
        if (when !== 'now') {
          if (mode === 'manual') return true;
          if (when.idle < idle_seconds * 1_000 || clock.monotonic() - savedAt < min_interval * 1_000) return false;
        }
        // The file must not keep a vector that another process erased during the save. Save again until no change came
        // in between.
        for (;;) {
          const index = await catchUp();
          if (index === undefined) return true;
          if (!(await save(index))) return false;
          if (savedGeneration === store.changes.latest()) return true;
        }
      }),
    /** How far the sending of many changes has come; undefined when there is none. */
    progress: (): Progress | undefined => filling,
    /** Name of the search engine; "none" while no index is open. */
    engine: (): string => opened?.index.engine ?? 'none',
    close: (): Promise<void> => {
      closing = server !== undefined;
      return inTurn(async () => {
        await opened?.index.close();
        opened = undefined;
      });
    },
  };
}

function isSameSet(one: IdFingerprint, other: IdFingerprint): boolean {
  return one.count === other.count && one.sum === other.sum && one.squares === other.squares;
}

export type IndexSync = ReturnType<typeof createIndexSync>;
