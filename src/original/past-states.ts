/**
 * Earlier states of a memory in the original system: from its table of versions, which its last versions had, or from the
 * log of operations, in which the first ones kept what an update replaced.
 */
import { jsonIn, numberIn, tagsIn, textIn, wordsIn } from './cells.ts';
import type { OriginalDatabase } from './original-database.ts';
import type { PastState, Row } from './original-memory.ts';
import { readTime } from './times.ts';

type Groups = ReadonlyMap<string, readonly Row[]>;

/** Opens both sources, whichever there is. The states of each memory are in order, without the current one. */
export function openPastStates(database: OriginalDatabase, timeZone: string) {
  const hasVersions = database.columns('memory_versions').includes('memory_key');
  const hasLog = ['key', 'before', 'operation'].every((name) => database.columns('operations').includes(name));
  if (hasVersions) database.createIndex('memory_versions', 'memory_key');
  if (hasLog) database.createIndex('operations', 'key');
  return {
    /** For memories by the key that they had there. */
    of(keys: readonly string[]): ReadonlyMap<string, readonly PastState[]> {
      const versions: Groups = hasVersions
        ? groupBy('memory_key', database.rowsFor('memory_versions', 'memory_key', keys))
        : new Map();
      const log: Groups = hasLog ? groupBy('key', database.rowsFor('operations', 'key', keys)) : new Map();
      return new Map([
        ...[...log].map(([key, rows]) => [key, statesOfLog(rows, timeZone)] as const),
        ...[...versions].map(([key, rows]) => [key, statesOfVersions(rows, timeZone)] as const),
      ]);
    },
  };
}

/** Each row holds the text of its version, and the other fields of the version before. */
function statesOfVersions(rows: readonly Row[], timeZone: string): PastState[] {
  const sorted = rows.toSorted((one, other) => (numberIn(one.version) ?? 0) - (numberIn(other.version) ?? 0));
  return sorted.slice(0, -1).flatMap((row, index) => {
    const next = sorted[index + 1];
    return toState({ ...fieldsIn(next?.metadata), content: row.content }, next?.created_at, timeZone);
  });
}

function statesOfLog(rows: readonly Row[], timeZone: string): PastState[] {
  return rows
    .filter(({ operation, success }) => operation === 'update' && success !== 0)
    .flatMap((row) => toState(fieldsIn(row.before), row.timestamp, timeZone));
}

function toState(fields: Row, replaced: unknown, timeZone: string): PastState[] {
  const content = textIn(fields.content);
  const replaced_at = readTime(replaced, timeZone)?.at;
  if (content === undefined || content.trim() === '' || replaced_at === undefined) return [];
  const importance = numberIn(fields.importance);
  return [
    {
      content,
      tags: fields.tags === undefined ? undefined : tagsIn(fields.tags),
      importance: importance === undefined ? undefined : Math.min(1, Math.max(0, importance)),
      emotion: wordsIn(fields.emotion),
      replaced_at,
    },
  ];
}

function fieldsIn(value: unknown): Row {
  const found = jsonIn(value);
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? { ...found } : {};
}

function groupBy(column: string, rows: readonly Row[]): Groups {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = String(row[column]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return groups;
}
