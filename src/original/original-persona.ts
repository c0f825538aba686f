/**
 * A persona of the original system, opened for reading: its memories page by page in the order of their creation, and
 * its context. Everything that is said about it, and everything that is imported, comes from here.
 */
import { statSync } from 'node:fs';
import type { MemoryKey, Timestamp } from '../core/memory.ts';
import { numberedKey } from '../core/memory-key.ts';
import type { ContextEntries } from '../store/context-table.ts';
import type { ImportedOperation } from '../store/operation-log.ts';
import { type Attachments, openAttachments } from './attachments.ts';
import { wordsIn } from './cells.ts';
import { readContextFile } from './context-file.ts';
import type { FoundPersona } from './find-personas.ts';
import { goalTables, readStoredGoals, type StoredGoals } from './goal-tables.ts';
import { countLooseHistory, itemTables, readItems } from './items.ts';
import { fitContext } from './long-context.ts';
import { readMemoryBlocks } from './memory-blocks.ts';
import { readMemoryRow } from './memory-row.ts';
import { readOperations } from './operations.ts';
import { type OriginalDatabase, openOriginalDatabase, type RowHead } from './original-database.ts';
import type { OriginalMemory, Row } from './original-memory.ts';
import { openPastStates } from './past-states.ts';
import { contextTables, mergeContexts, readStoredContext } from './stored-context.ts';
import { readTime, timeInKey } from './times.ts';

/** A memory, or a row that is none. */
export type ReadEntry = { readonly memory: OriginalMemory } | { readonly key: MemoryKey; readonly problem: string };

export interface OriginalPersona {
  readonly found: FoundPersona;
  readonly timeZone: string;
  /** Columns of the table of memories. */
  readonly columns: number;
  /** Rows of that table, and what else becomes a memory. */
  readonly entries: number;
  /** Memories made of what was none there. */
  readonly extras: readonly OriginalMemory[];
  readonly context: ContextEntries;
  /** What is wrong with persona_context.json. */
  readonly contextFault: string | undefined;
  /** Rows that have no place here, by table. */
  readonly leftOver: ReadonlyMap<string, number>;
  operations(now: Timestamp): ImportedOperation[];
  pages(): AsyncGenerator<ReadEntry[]>;
  close(): void;
}

/** A row of `memories` with the key it gets here. */
interface Head {
  readonly rowid: number;
  /** The key it had there. */
  readonly formerKey: string;
  readonly key: MemoryKey;
  readonly at: Timestamp;
  readonly fault: string | undefined;
}

const pageLength = 100;
const keyLimit = 200;
/** Tables that are read elsewhere than among the attachments. */
const readTables = new Set([
  'memories',
  'memory_blocks',
  'memory_versions',
  'operations',
  ...contextTables,
  ...goalTables,
]);

/** Copies its databases to `scratch`, an empty private folder. */
export async function openOriginalPersona(
  found: FoundPersona,
  { scratch, timeZone }: { scratch: string; timeZone: string },
): Promise<OriginalPersona> {
  const database = found.database === undefined ? undefined : await openOriginalDatabase(found.database, scratch);
  let inventory: OriginalDatabase | undefined;
  const close = () => {
    database?.close();
    inventory?.close();
  };
  try {
    inventory = found.inventory === undefined ? undefined : await openOriginalDatabase(found.inventory, scratch);
    return readPersona(found, { database, inventory, timeZone, close });
  } catch (error) {
    close();
    throw error;
  }
}

interface Parts {
  readonly database: OriginalDatabase | undefined;
  readonly inventory: OriginalDatabase | undefined;
  readonly timeZone: string;
  close(): void;
}

function readPersona(found: FoundPersona, { database, inventory, timeZone, close }: Parts): OriginalPersona {
  const fallbackTime = statSync(found.database ?? found.inventory ?? found.folder).mtime.toISOString();
  const reading = { timeZone, fallbackTime };
  const file = readContextFile(found.context, timeZone);
  const noGoals: StoredGoals = { goals: [], promises: [], memories: [] };
  const goals = database === undefined ? noGoals : readStoredGoals(database, reading);
  const stored = database === undefined ? undefined : readStoredContext(database, reading);
  const context = fitContext(mergeContexts(file.entries, stored?.entries ?? new Map(), goals, fallbackTime), reading);
  const items = inventory === undefined ? [] : readItems(inventory, reading);
  const blocks = database === undefined ? [] : readMemoryBlocks(database, reading);

  const taken = new Set<MemoryKey>();
  const heads = database === undefined ? [] : orderHeads(database.rowHeads(), { timeZone, fallbackTime, taken });
  const extras = [...blocks, ...goals.memories, ...context.memories, ...items].map((extra) =>
    withFreeKey(extra, taken),
  );
  const attachments = database === undefined ? undefined : openAttachments(database, readTables);
  const pastStates = database === undefined ? undefined : openPastStates(database, timeZone);

  return {
    found,
    timeZone,
    columns: database?.columns('memories').length ?? 0,
    entries: heads.length + extras.length,
    extras,
    context: context.entries,
    contextFault: file.fault,
    leftOver: new Map([
      ...(stored?.history ?? []),
      ...(attachments?.loose ?? []),
      ...(database === undefined ? [] : countOthers(database, [...readTables, ...(attachments?.tables ?? [])])),
      ...(inventory === undefined ? [] : countOthers(inventory, itemTables)),
      ...(inventory === undefined ? [] : looseHistory(inventory, items)),
    ]),
    operations: (now) => (database === undefined ? [] : readOperations(database, timeZone, now)),
    async *pages() {
      // Both are ordered by time, and so is what they are together.
      for (const page of pagesOf([...heads, ...extras].sort(byTime))) {
        const rows = page.filter((entry) => 'rowid' in entry);
        const keys = rows.map(({ formerKey }) => formerKey);
        const parts = {
          rows: database?.memoryRows(rows.map(({ rowid }) => rowid)),
          attached: attachments?.of(keys),
          past: pastStates?.of(keys),
        };
        yield page.map((entry) => ('rowid' in entry ? readHead(entry, timeZone, parts) : { memory: entry }));
      }
    },
    close,
  };
}

interface PageParts {
  readonly rows: ReadonlyMap<number, Row> | undefined;
  readonly attached: ReturnType<Attachments['of']> | undefined;
  readonly past: ReturnType<ReturnType<typeof openPastStates>['of']> | undefined;
}

function readHead({ rowid, formerKey, key, at, fault }: Head, timeZone: string, parts: PageParts): ReadEntry {
  const memory = readMemoryRow(parts.rows?.get(rowid) ?? {}, { key, timeZone, fallbackTime: at });
  if (memory === undefined) return { key, problem: 'it holds no text' };
  const past = parts.past?.get(formerKey) ?? [];
  return {
    memory: {
      ...memory,
      memory: { ...memory.memory, version: past.length + 1 },
      past,
      kept: { ...memory.kept, ...parts.attached?.get(formerKey) },
      faults: fault === undefined ? memory.faults : [fault, ...memory.faults],
    },
  };
}

function* pagesOf<Entry>(entries: readonly Entry[]): Generator<Entry[]> {
  for (let start = 0; start < entries.length; start += pageLength) yield entries.slice(start, start + pageLength);
}

/** Gives each memory its own key. */
function orderHeads(
  rows: readonly RowHead[],
  { timeZone, fallbackTime, taken }: { timeZone: string; fallbackTime: Timestamp; taken: Set<MemoryKey> },
): Head[] {
  return rows.map(({ rowid, key: found, created_at }): Head => {
    const wanted = wordsIn(found);
    const key = freeKey(wanted ?? `memory_without_key_${rowid}`, taken);
    const at = readTime(created_at, timeZone)?.at ?? timeInKey(key, timeZone)?.at ?? fallbackTime;
    const fault = key === found ? undefined : describeKey(wanted, key);
    return { rowid, formerKey: String(found), key, at, fault };
  });
}

function freeKey(wanted: string, taken: Set<MemoryKey>): MemoryKey {
  const base = wanted.slice(0, keyLimit - 10);
  let key = wanted.length <= keyLimit ? wanted : base;
  for (let number = 1; taken.has(key); number++) key = numberedKey(base, number);
  taken.add(key);
  return key;
}

function withFreeKey(extra: OriginalMemory, taken: Set<MemoryKey>): OriginalMemory {
  return { ...extra, memory: { ...extra.memory, key: freeKey(extra.memory.key, taken) } };
}

function describeKey(wanted: string | undefined, key: MemoryKey): string {
  if (wanted === undefined) return `it had no key and got ${key}`;
  return `its key ${wanted.slice(0, 60)} was taken or too long; it got ${key}`;
}

/** Oldest first, because the order of memories here is the order in which they are stored. */
function byTime(one: Head | OriginalMemory, other: Head | OriginalMemory): number {
  const [first, second] = [timeOf(one), timeOf(other)];
  if (first !== second) return first < second ? -1 : 1;
  return 'rowid' in one && 'rowid' in other ? one.rowid - other.rowid : 0;
}

function timeOf(entry: Head | OriginalMemory): Timestamp {
  return 'rowid' in entry ? entry.at : entry.memory.created_at;
}

/** Tables that nothing is read from, by their rows. */
function countOthers(database: OriginalDatabase, read: readonly string[]): [string, number][] {
  return database
    .tables()
    .filter((name) => !read.includes(name))
    .map((name): [string, number] => [name, database.count(name)])
    .filter(([, rows]) => rows > 0);
}

function looseHistory(inventory: OriginalDatabase, items: readonly OriginalMemory[]): [string, number][] {
  const rows = countLooseHistory(inventory, items);
  return rows > 0 ? [['equipment_history', rows]] : [];
}
