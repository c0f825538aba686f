/**
 * Statistics of the live memories of one persona. They are collected in short steps, which keeps the event loop free.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Timestamp } from '../core/memory.ts';
import { foldText } from '../core/text/spellings.ts';
import type { Connection } from './sqlite/connection.ts';

export interface Totals {
  readonly memories: number;
  readonly characters: number;
  readonly deleted: number;
  readonly pinned: number;
  readonly oldest?: Timestamp | undefined;
  readonly newest?: Timestamp | undefined;
}

export interface Count {
  readonly name: string;
  readonly count: number;
}

export interface StoreStatistics extends Totals {
  /** The most frequent tags and emotions. Those that differ only by case or width count as one. */
  readonly tags: readonly Count[];
  readonly emotions: readonly Count[];
  /** Creation times since `since`, ordered by id. */
  readonly createdSince: readonly Timestamp[];
}

interface CountedRow {
  id: number;
  characters: number;
  pinned: number;
  created_at: string;
  emotion: string | null;
  tags: string;
}

/** Rows per step. A step takes a few milliseconds. */
const rowsPerStep = 1_000;

export function createStatistics(connection: Connection) {
  return {
    /** Counts the live memories. A change during the count may or may not be included. */
    async collect({ top, since }: { top: number; since: Timestamp }): Promise<StoreStatistics> {
      const tags = createTally();
      const emotions = createTally();
      const createdSince: Timestamp[] = [];
      let [memories, characters, pinned] = [0, 0, 0];
      let [oldest, newest]: (Timestamp | undefined)[] = [];
      const rows = connection.sql<CountedRow>(
        `SELECT id, length(content) AS characters, pinned, created_at, emotion, tags FROM memories
         WHERE id > ? AND deleted_at IS NULL ORDER BY id LIMIT ${rowsPerStep}`,
      );
      for (let after = 0; ; ) {
        const step = rows.all(after);
        for (const row of step) {
          memories += 1;
          characters += row.characters;
          pinned += row.pinned;
          if (oldest === undefined || row.created_at < oldest) oldest = row.created_at;
          if (newest === undefined || row.created_at > newest) newest = row.created_at;
          if (row.created_at >= since) createdSince.push(row.created_at);
          if (row.emotion !== null) emotions.add(row.emotion);
          // The column always contains a JSON list of strings.
          for (const tag of JSON.parse(row.tags) as string[]) tags.add(tag);
        }
        const last = step.at(-1);
        if (last === undefined) break;
        after = last.id;
        await nextTurn();
      }
      const deleted = connection
        .sql<{ n: number }>('SELECT count(*) AS n FROM memories WHERE deleted_at IS NOT NULL')
        .get();
      return {
        memories,
        characters,
        deleted: deleted?.n ?? 0,
        pinned,
        ...(oldest !== undefined && { oldest }),
        ...(newest !== undefined && { newest }),
        tags: tags.top(top),
        emotions: emotions.top(top),
        createdSince,
      };
    },
  };
}

export type Statistics = ReturnType<typeof createStatistics>;

/** Counts texts that differ only by case or width as one, under the spelling that sorts first by code units. */
function createTally() {
  const folded = new Map<string, string>();
  const counts = new Map<string, { name: string; count: number }>();
  return {
    add(text: string): void {
      const key = folded.get(text) ?? foldText(text);
      folded.set(text, key);
      const known = counts.get(key);
      if (known === undefined) counts.set(key, { name: text, count: 1 });
      else {
        known.count += 1;
        if (text < known.name) known.name = text;
      }
    },
    top: (limit: number): Count[] =>
      [...counts.values()]
        .sort((one, other) => other.count - one.count || (one.name < other.name ? -1 : 1))
        .slice(0, limit),
  };
}
