/**
 * How a row of `memories` becomes a Memory and back. Columns follow the tables of `core/memory-fields.ts`.
 */
import { createHash } from 'node:crypto';
import type { Memory, MemoryFields } from '../core/memory.ts';
import { type MemoryField, managedFields, memoryFieldNames, memoryFields } from '../core/memory-fields.ts';
import { foldText } from '../core/text/terms.ts';
import type { Parameter } from './sqlite/connection.ts';

export type MemoryRow = Readonly<Record<string, string | number | null>> & { readonly id: number };

/** The columns that a caller's fields fill, in the order of `fieldParameters`. */
const writtenColumns = ['content_hash', ...memoryFieldNames];

/** In the order in which replies show them. */
const readFields: readonly (readonly [name: string, field: MemoryField])[] = (() => {
  const { key, created_at, updated_at, ...kept } = managedFields;
  const { content, ...described } = memoryFields;
  return Object.entries({ key, content, created_at, updated_at, ...described, ...kept });
})();

export const memoryColumns = ['id', ...readFields.map(([name]) => name)].map((name) => `m.${name}`).join(', ');

/** Takes key, created_at, updated_at and source, then `fieldParameters`. */
export const insertMemory = `INSERT INTO memories (key, created_at, updated_at, source, version, ${writtenColumns.join(', ')})
  VALUES (?, ?, ?, ?, 1${', ?'.repeat(writtenColumns.length)})`;

/** Takes `fieldParameters`, then updated_at and the id. A deleted or superseded memory becomes live again. */
export const overwriteMemory = `UPDATE memories SET ${writtenColumns.map((column) => `${column} = ?`).join(', ')},
  updated_at = ?, version = version + 1, deleted_at = NULL, superseded_by = NULL WHERE id = ?`;

export function memoryFromRow(row: MemoryRow): Memory {
  const memory: Record<string, unknown> = { id: row.id };
  for (const [name, { stored }] of readFields) memory[name] = decode(row[name], stored);
  // Every field of both tables has just been read from its own column.
  return memory as Memory;
}

export function fieldParameters(fields: MemoryFields): Parameter[] {
  const values: MemoryFields = { ...fields, tags: distinctTags(fields.tags) };
  return [
    contentHash(fields.content),
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
  if (stored === 'json') return JSON.stringify(value);
  if (stored === 'flag') return value === true ? 1 : 0;
  // What is neither JSON nor a flag is text or a number already.
  return value as string | number;
}

/** Of tags that are found alike, the first. */
export function distinctTags(tags: readonly string[]): string[] {
  const seen = new Set<string>();
  return tags.filter((tag) => {
    const isNew = !seen.has(foldText(tag));
    seen.add(foldText(tag));
    return isNew;
  });
}

/** The part of a memory that a caller may set, as a version keeps it. */
export function fieldsOf(memory: MemoryFields): MemoryFields {
  // One entry for each name of the table is what `MemoryFields` is.
  return Object.fromEntries(memoryFieldNames.map((name) => [name, memory[name]])) as unknown as MemoryFields;
}

/** What makes two texts the same memory: NFC, trimmed, LF. NFKC would merge 10² with 102. */
export function contentHash(content: string): string {
  const normal = content.normalize('NFC').replaceAll('\r\n', '\n').trim();
  return createHash('sha256').update(normal).digest('hex').slice(0, 32);
}
