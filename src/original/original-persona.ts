/**
 * A persona of the original system, opened for reading: its memories page by page in the order of their creation, and
 * its context. Everything that is said about it, and everything that is imported, comes from here.
 */
import { statSync } from 'node:fs';
import type { MemoryKey, Timestamp } from '../core/memory.ts';
import { numberedKey } from '../core/memory-key.ts';
import { wordsIn } from './cells.ts';
import { type OriginalContext, readContextFile } from './context-file.ts';
import type { FoundPersona } from './find-personas.ts';
import { type OriginalMemory, type Row, readMemoryRow } from './memory-row.ts';
import { type OriginalDatabase, openOriginalDatabase, type RowHead } from './original-database.ts';
import { readTime, timeInKey } from './times.ts';

/** A memory, or a row that is none. */
export type ReadEntry = { readonly memory: OriginalMemory } | { readonly key: MemoryKey; readonly problem: string };

export interface OriginalPersona {
  readonly found: FoundPersona;
  readonly timeZone: string;
  /** Of the table of memories. */
  readonly columns: readonly string[];
  readonly entries: number;
  readonly context: OriginalContext;
  /** Tables with content, by their number of rows. */
  readonly tables: ReadonlyMap<string, number>;
  pages(): AsyncGenerator<ReadEntry[]>;
  close(): void;
}

/** A row of `memories` with the key it gets here. */
interface Head {
  readonly rowid: number;
  readonly key: MemoryKey;
  readonly at: Timestamp;
  readonly fault: string | undefined;
}

const pageLength = 100;
const keyLimit = 200;

/** Copies its databases to `scratch`, an empty private folder. */
export async function openOriginalPersona(
  found: FoundPersona,
  { scratch, timeZone }: { scratch: string; timeZone: string },
): Promise<OriginalPersona> {
  const database = found.database === undefined ? undefined : await openOriginalDatabase(found.database, scratch);
  try {
    const context = readContextFile(found.context, timeZone);
    const modified = statSync(found.database ?? found.folder).mtime.toISOString();
    const heads = database === undefined ? [] : orderHeads(database.rowHeads(), timeZone, modified);
    const tables = new Map(
      (database?.tables() ?? [])
        .map((name) => [name, database?.count(name) ?? 0] as const)
        .filter(([, rows]) => rows > 0),
    );
    return {
      found,
      timeZone,
      columns: database?.columns('memories') ?? [],
      entries: heads.length,
      context,
      tables,
      async *pages() {
        for (let start = 0; database !== undefined && start < heads.length; start += pageLength) {
          yield readPage(database, heads.slice(start, start + pageLength), timeZone);
        }
      },
      close: () => database?.close(),
    };
  } catch (error) {
    database?.close();
    throw error;
  }
}

function readPage(database: OriginalDatabase, heads: readonly Head[], timeZone: string): ReadEntry[] {
  const rows = database.memoryRows(heads.map(({ rowid }) => rowid));
  return heads.map(({ rowid, key, at, fault }): ReadEntry => {
    const row: Row = rows.get(rowid) ?? {};
    const memory = readMemoryRow(row, { key, timeZone, fallbackTime: at });
    if (memory === undefined) return { key, problem: 'it holds no text' };
    return { memory: fault === undefined ? memory : { ...memory, faults: [fault, ...memory.faults] } };
  });
}

/** Oldest first, because the order of memories here is the order in which they are stored. Gives each its own key. */
function orderHeads(rows: readonly RowHead[], timeZone: string, fallback: Timestamp): Head[] {
  const taken = new Set<MemoryKey>();
  const heads = rows.map(({ rowid, key: found, created_at }): Head => {
    const wanted = wordsIn(found);
    const base = (wanted ?? `memory_without_key_${rowid}`).slice(0, keyLimit - 10);
    let key = wanted !== undefined && wanted.length <= keyLimit ? wanted : base;
    for (let number = 1; taken.has(key); number++) key = numberedKey(base, number);
    taken.add(key);
    const at = readTime(created_at, timeZone)?.at ?? timeInKey(key, timeZone)?.at ?? fallback;
    return { rowid, key, at, fault: key === found ? undefined : describeKey(wanted, key) };
  });
  return heads.sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : one.rowid - other.rowid));
}

function describeKey(wanted: string | undefined, key: MemoryKey): string {
  if (wanted === undefined) return `it had no key and got ${key}`;
  return `its key ${wanted.slice(0, 60)} was taken or too long; it got ${key}`;
}
