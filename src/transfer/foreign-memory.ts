/**
 * Makes a memory of what another program has written down. Its key follows from where it comes from, so that importing it
 * again finds it even if it was changed or deleted here.
 */
import { createHash } from 'node:crypto';
import { type MemoryField, memoryFields } from '../core/memory-fields.ts';
import { parseInstant } from '../core/time/parse-instant.ts';
import { hashContent } from '../store/memory-rows.ts';
import type { ImportItem, Reading } from './format.ts';

export interface ForeignText {
  readonly place: string;
  /** Names the source: `import:<kind>`. */
  readonly kind: string;
  /** `content`, and any other fields of a memory under their names. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** What identifies it where it comes from. Its text if absent. */
  readonly id?: string | undefined;
}

const exampleOfTime = 'it must be a time such as 2026-11-24T09:30:00+09:00';
const table: readonly (readonly [name: string, field: MemoryField])[] = Object.entries(memoryFields);
const known = new Set([...Object.keys(memoryFields), 'key', 'created_at', 'updated_at', 'pinned']);

/** The memory, or why there is none. Fields that are not of a memory are named as ignored. */
export function foreignMemory({ place, kind, fields, id }: ForeignText, { timeZone, now }: Reading): ImportItem {
  const skip = (reason: string): ImportItem => ({ kind: 'skipped', place, reason });
  const { content, key, created_at: created, updated_at: updated, pinned } = fields;
  if (typeof content !== 'string' || content.trim() === '') return skip('it has no text');
  const values: Record<string, unknown> = {};
  for (const [name, field] of table) {
    const value = fields[name] ?? field.default;
    if (value === undefined) continue;
    const parsed = field.schema.safeParse(value);
    if (!parsed.success) return skip(`${name}: ${parsed.error.issues[0]?.message}`);
    const read = field.stored === 'time' ? parseInstant(String(parsed.data), timeZone) : parsed.data;
    if (read === undefined) return skip(`${name}: ${exampleOfTime}`);
    values[name] = read;
  }
  if (key !== undefined && (typeof key !== 'string' || key.length < 1 || key.length > 200)) {
    return skip('key: it must be a text of 1 to 200 characters');
  }
  const createdAt = created === undefined ? now : typeof created === 'string' && parseInstant(created, timeZone);
  if (!createdAt) return skip(`created_at: ${exampleOfTime}`);
  const updatedAt = typeof updated === 'string' ? parseInstant(updated, timeZone) : undefined;
  const ignored = Object.keys(fields).filter((name) => !known.has(name));
  return {
    kind: 'memory',
    place,
    origin: 'foreign',
    ...(ignored.length > 0 && { ignored }),
    memory: {
      // The loop has set every field of the table that is not optional.
      ...(values as { content: string; tags: string[]; importance: number }),
      key: key ?? `import_${kind}_${shortHash(id ?? hashContent(content))}`,
      created_at: createdAt,
      updated_at: updatedAt ?? createdAt,
      source: `import:${kind}`,
      version: 1,
      pinned: pinned === true,
      access_count: 0,
      identity: 'text',
    },
  };
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
