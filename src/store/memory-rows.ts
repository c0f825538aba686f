/**
 * Converts rows of `memories` to Memory objects and back. The columns are derived from `core/memory-fields.ts`.
 */
import { createHash } from 'node:crypto';
import type { ForeignMemory, Memory, MemoryFields } from '../core/memory.ts';
import { type MemoryField, managedFields, memoryFieldNames, memoryFields, namesOf } from '../core/memory-fields.ts';
import { foldText } from '../core/text/spellings.ts';
import { isWellFormed, replaceLoneSurrogates } from '../core/text/well-formed.ts';
import type { Parameter } from './sqlite/connection.ts';

export type MemoryRow = Readonly<Record<string, string | number | null>> & { readonly id: number };

/** The columns that hold a caller's fields, in the order of `toFieldParameters`. */
const writtenColumns = ['content_hash', ...memoryFieldNames];

/** In the order in which replies list them. */
const readFields: readonly (readonly [name: string, field: MemoryField])[] = (() => {
  const { key, created_at, updated_at, ...kept } = managedFields;
  const { content, ...described } = memoryFields;
  return Object.entries({ key, content, created_at, updated_at, ...described, ...kept });
})();

export const memoryColumns = ['id', ...readFields.map(([name]) => name)].map((name) => `m.${name}`).join(', ');

/** Parameters: key, created_at, updated_at and source, then `toFieldParameters`. */
export const insertMemory = `INSERT INTO memories (key, created_at, updated_at, source, version, ${writtenColumns.join(', ')})
  VALUES (?, ?, ?, ?, 1${', ?'.repeat(writtenColumns.length)})`;

/** Parameters: `toFieldParameters`, then updated_at and id. A deleted or superseded memory becomes live again. */
export const overwriteMemory = `UPDATE memories SET ${writtenColumns.map((column) => `${column} = ?`).join(', ')},
  updated_at = ?, version = version + 1, deleted_at = NULL, superseded_by = NULL WHERE id = ?`;

/** All that the store keeps about a memory, but the key, which stays. */
const { key: _, ...managedBesideKey } = managedFields;
const managedNames = namesOf(managedBesideKey);

/** Parameters: `toManagedParameters`, then id. */
export const overwriteManaged = `UPDATE memories SET ${managedNames.map((name) => `${name} = ?`).join(', ')} WHERE id = ?`;

export function toManagedParameters(memory: ForeignMemory): Parameter[] {
  return managedNames.map((name) => encode(memory[name], managedBesideKey[name].stored));
}

export function memoryFromRow(row: MemoryRow): Memory {
  const memory: Record<string, unknown> = { id: row.id };
  for (const [name, { stored }] of readFields) memory[name] = decode(row[name], stored);
  // The loop has set every field of both tables.
  return memory as Memory;
}

export function toFieldParameters(fields: MemoryFields): Parameter[] {
  const values: MemoryFields = { ...fields, tags: deduplicateTags(fields.tags) };
  return [
    hashContent(fields.content),
    ...memoryFieldNames.map((name) => encode(values[name], memoryFields[name].stored)),
  ];
}

function decode(value: string | number | null | undefined, stored: MemoryField['stored']): unknown {
  if (value === null || value === undefined) return undefined;
  if (stored === 'json') return JSON.parse(String(value));
  return stored === 'flag' ? value === 1 : value;
}

function encode(value: unknown, stored: MemoryField['stored']): Parameter {
  if (value === undefined) return null;
  if (stored === 'json')
    return JSON.stringify(value, (_, member) => (typeof member === 'string' ? toStoredText(member) : member));
  if (typeof value === 'string') return toStoredText(value);
  if (stored === 'flag') return value === true ? 1 : 0;
  // Fields that are neither JSON nor a flag are text or numbers.
  return value as number;
}

/** The form of a text that a column can store. */
export function toStoredText(text: string): string {
  return replaceLoneSurrogates(text).text;
}

/** Keeps the first of several tags that differ only by case or width. */
export function deduplicateTags(tags: readonly string[]): string[] {
  const seen = new Set<string>();
  return tags.filter((tag) => {
    const isNew = !seen.has(foldText(tag));
    seen.add(foldText(tag));
    return isNew;
  });
}

/** The fields of a memory that a caller can set and that a version stores. */
export function pickFields(memory: MemoryFields): MemoryFields {
  // `MemoryFields` has exactly one property per field name.
  return Object.fromEntries(memoryFieldNames.map((name) => [name, memory[name]])) as unknown as MemoryFields;
}

/** Equal for texts that count as the same memory: compared in NFC, trimmed, with LF. NFKC would merge 10² with 102. */
export function hashContent(content: string): string {
  const normal = content.normalize('NFC').replaceAll('\r\n', '\n').trim();
  // UTF-8 cannot encode lone surrogates, so different ones would get the same hash. UTF-16 keeps them apart.
  const bytes = isWellFormed(normal) ? Buffer.from(normal) : Buffer.from(normal, 'utf16le');
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}
