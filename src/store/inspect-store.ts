/**
 * Looks into a persona's database and changes nothing in it: damage, full text against rows, vectors and the queue. Opens
 * the file read-only, also while servers use it.
 */
import type { IdFingerprint, VectorSpace } from '../core/vector.ts';
import { createChangeLog } from './change-log.ts';
import { findUnsearchable } from './database-copy.ts';
import type { StoreIdentity } from './memory-store.ts';
import { openConnection } from './sqlite/connection.ts';
import { copyPrivately, isReadOnlyMount } from './sqlite/private-copy.ts';
import { createVectorQueue } from './vector-queue.ts';
import { createVectorTable } from './vector-table.ts';

export interface VectorInspection {
  readonly space: VectorSpace;
  readonly fingerprint: IdFingerprint;
  readonly latestGeneration: number;
  /** Memories without a vector, among them those that failed too often. */
  readonly queued: number;
  readonly givenUp: number;
}

export interface StoreInspection {
  readonly identity: StoreIdentity;
  readonly memories: number;
  readonly deleted: number;
  /** What SQLite's integrity check reports of everything but the full text; empty if it finds nothing. */
  readonly damage: readonly string[];
  /** What the integrity check reports, memories that the full text lacks, texts that belong to no memory, and the key of one that is not found by its words. */
  readonly fullText: {
    readonly damage: readonly string[];
    readonly missing: number;
    readonly stray: number;
    readonly unfound: string | undefined;
  };
  /** Undefined while no memory has a vector. */
  readonly vectors: VectorInspection | undefined;
  /** The tag of a generation of the change log; undefined if the log no longer has it. */
  tagOf(generation: number): string | undefined;
}

const busyTimeout = 2_000;
const shownDamages = 5;
/** SQLite reports the full text as "malformed inverted index for FTS5 table main.memory_text", and its tables by name. */
const ofFullText = /FTS5|memory_text/;

/** Runs `work` with what was found, while the database is open. Throws `corrupt` if it cannot be read at all. */
export async function inspectStore<Result>(
  path: string,
  work: (found: StoreInspection) => Promise<Result>,
): Promise<Result> {
  const copy = isReadOnlyMount(path) ? await copyPrivately(path) : undefined;
  try {
    const connection = await openConnection({ path: copy?.path ?? path, busyTimeout, readOnly: true });
    try {
      const one = <Value>(text: string) => connection.sql<{ value: Value }>(text).get()?.value;
      const count = (text: string) => one<number>(text) ?? 0;
      const meta = (name: string) => String(one(`SELECT value FROM meta WHERE name = '${name}'`));
      const integrity = connection.sql<{ integrity_check: string }>(`PRAGMA integrity_check(${shownDamages})`).all();
      const damage = integrity.map(({ integrity_check: line }) => line).filter((line) => line !== 'ok');
      const changes = createChangeLog(connection);
      const vectors = createVectorTable({ connection, changes });
      const queue = createVectorQueue(connection);
      const space = vectors.currentSpace();
      return await work({
        identity: { storeId: meta('store_id'), epoch: meta('epoch') },
        memories: count('SELECT count(*) AS value FROM memories WHERE deleted_at IS NULL'),
        deleted: count('SELECT count(*) AS value FROM memories WHERE deleted_at IS NOT NULL'),
        damage: damage.filter((line) => !ofFullText.test(line)),
        fullText: {
          damage: damage.filter((line) => ofFullText.test(line)),
          missing: count('SELECT count(*) AS value FROM memories WHERE id NOT IN (SELECT id FROM memory_text_docsize)'),
          stray: count('SELECT count(*) AS value FROM memory_text_docsize WHERE id NOT IN (SELECT id FROM memories)'),
          unfound: findUnsearchable(connection),
        },
        vectors: space && {
          space,
          fingerprint: vectors.fingerprint(space),
          latestGeneration: changes.latest(),
          queued: queue.length(space.id),
          givenUp: queue.countGivenUp(space.id),
        },
        tagOf: (generation) => changes.tagOf(generation),
      });
    } finally {
      connection.close();
    }
  } finally {
    await copy?.remove();
  }
}
