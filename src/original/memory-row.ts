/**
 * Turns a row of the original system's `memories` table, of any of its versions (5, 16, 18, 20, 24 columns and what lies
 * between), into a memory. What has no field here is kept as JSON beside the memory; what is damaged is named.
 */
import type { MemoryKey, Timestamp } from '../core/memory.ts';
import { type StateField, stateFieldNames, stateLimit, tagLimit } from '../core/memory-fields.ts';
import { isBlank, jsonIn, numberIn, tagsIn, textIn, wordsIn } from './cells.ts';
import { defaultStates, isSilentEmotion } from './default-states.ts';
import { importSource, type OriginalMemory, type Row } from './original-memory.ts';
import { readTime, timeInKey } from './times.ts';

export interface RowReading {
  readonly key: MemoryKey;
  readonly timeZone: string;
  /** For a row that has no readable time at all. */
  readonly fallbackTime: Timestamp;
}

/** Columns that become fields. All others are kept as JSON. */
const placedColumns = new Set([
  ...['key', 'content', 'created_at', 'updated_at', 'tags', 'importance', 'access_count', 'last_accessed'],
  ...stateFieldNames,
]);
/** Values that say nothing, of columns that have no field here. */
const meaningless: Readonly<Record<string, string>> = { privacy_level: 'internal', lifecycle_status: 'active' };

/** Undefined if the row holds no text, which is nothing that could be remembered. */
export function readMemoryRow(row: Row, { key, timeZone, fallbackTime }: RowReading): OriginalMemory | undefined {
  const content = textIn(row.content);
  if (content === undefined || content.trim() === '') return undefined;
  const faults: string[] = [];
  const kept: Record<string, unknown> = keepOthers(row);

  const time = (name: string, fallback: Timestamp): Timestamp => {
    const read = readTime(row[name], timeZone)?.at;
    if (read === undefined) faults.push(`${name} ${shown(row[name])} is not a time; ${fallback} is used`);
    return read ?? fallback;
  };
  const created_at = time('created_at', timeInKey(key, timeZone)?.at ?? fallbackTime);
  const createdThere = readTime(row.created_at, timeZone);
  const updated_at = isBlank(row.updated_at) ? created_at : time('updated_at', created_at);
  const fraction = (name: string): number | undefined => {
    if (isBlank(row[name])) return undefined;
    const number = numberIn(row[name]);
    if (number === undefined) faults.push(`${name} ${shown(row[name])} is not a number`);
    else if (number < 0 || number > 1) kept[name] = number;
    return number === undefined ? undefined : Math.min(1, Math.max(0, number));
  };

  return {
    memory: {
      key,
      content,
      created_at,
      updated_at,
      tags: readTags(row.tags, kept),
      importance: fraction('importance') ?? 0.5,
      ...readStates(row, fraction('emotion_intensity'), kept),
      source: importSource,
      version: 1,
      pinned: false,
      access_count: Math.max(0, Math.trunc(numberIn(row.access_count) ?? 0)),
      last_accessed_at: readTime(row.last_accessed, timeZone)?.at,
      deleted_at: isTombstone(row) ? updated_at : undefined,
      superseded_by: undefined,
    },
    past: [],
    created: createdThere && { there: textIn(row.created_at) ?? '', local: createdThere.local },
    kept,
    faults,
  };
}

/** The states without the original's defaults, which carry no information. */
function readStates(row: Row, intensity: number | undefined, kept: Record<string, unknown>) {
  const states: Partial<Record<Exclude<StateField, 'emotion_intensity'>, string>> = {};
  for (const name of stateFieldNames) {
    const text = wordsIn(row[name]);
    if (name === 'emotion_intensity' || text === undefined) continue;
    const silent = name === 'emotion' ? isSilentEmotion(text, intensity) : text === defaultStates[name];
    if (!silent) states[name] = fit(text, stateLimit, name, kept);
  }
  return { ...states, emotion_intensity: states.emotion === undefined ? undefined : intensity };
}

function readTags(value: unknown, kept: Record<string, unknown>): string[] {
  const tags = tagsIn(value);
  const fitting = tags.slice(0, tagLimit.count).map((tag) => cut(tag, tagLimit.length));
  if (tags.length > tagLimit.count || tags.some((tag) => tag.length > tagLimit.length)) kept.tags = tags;
  return fitting;
}

const isTombstone = (row: Row): boolean => row.lifecycle_status === 'tombstoned';

function keepOthers(row: Row): Record<string, unknown> {
  // A deletion mark is a field here.
  const others = Object.entries({ ...row, lifecycle_status: isTombstone(row) ? null : row.lifecycle_status }).map(
    ([name, value]) => [name, jsonIn(value)] as const,
  );
  return Object.fromEntries(
    others.filter(([name, value]) => !placedColumns.has(name) && !isBlank(value) && value !== meaningless[name]),
  );
}

/** The beginning of a text that is too long for its field; the whole is kept. */
function fit(text: string, limit: number, name: string, kept: Record<string, unknown>): string {
  if (text.length > limit) kept[name] = text;
  return cut(text, limit);
}

function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  // Never half of a character that takes two code units.
  return text
    .slice(0, limit)
    .replace(/[\ud800-\udbff]$/, '')
    .trimEnd();
}

function shown(value: unknown): string {
  return JSON.stringify(jsonIn(value))?.slice(0, 60) ?? 'missing';
}
