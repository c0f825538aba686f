/**
 * How a row of `memories` becomes a Memory and back. The only file that knows the column list.
 */
import { createHash } from 'node:crypto';
import type { Memory, MemoryFields } from '../core/memory.ts';
import { foldText } from '../core/text/terms.ts';
import type { Parameter } from './sqlite/connection.ts';

/** The columns that a caller's fields fill, in the order of `fieldParameters`. */
const fieldColumns = [
  'content',
  'content_hash',
  'tags',
  'importance',
  'emotion',
  'emotion_intensity',
  'physical_state',
  'mental_state',
  'environment',
  'relationship_status',
  'action_tag',
] as const;

export interface MemoryRow {
  id: number;
  key: string;
  content: string;
  created_at: string;
  updated_at: string;
  tags: string;
  importance: number;
  emotion: string | null;
  emotion_intensity: number | null;
  physical_state: string | null;
  mental_state: string | null;
  environment: string | null;
  relationship_status: string | null;
  action_tag: string | null;
  source: string;
  version: number;
  pinned: number;
  access_count: number;
  last_accessed_at: string | null;
  deleted_at: string | null;
  superseded_by: string | null;
}

export const memoryColumns =
  'm.id, m.key, m.content, m.created_at, m.updated_at, m.tags, m.importance, m.emotion, m.emotion_intensity, ' +
  'm.physical_state, m.mental_state, m.environment, m.relationship_status, m.action_tag, m.source, m.version, ' +
  'm.pinned, m.access_count, m.last_accessed_at, m.deleted_at, m.superseded_by';

/** Takes key, created_at, updated_at and source, then `fieldParameters`. */
export const insertMemory = `INSERT INTO memories (key, created_at, updated_at, source, version, ${fieldColumns.join(', ')})
  VALUES (?, ?, ?, ?, 1${', ?'.repeat(fieldColumns.length)})`;

/** Takes `fieldParameters`, then updated_at and the id. What was hidden or superseded lives again. */
export const overwriteMemory = `UPDATE memories SET ${fieldColumns.map((column) => `${column} = ?`).join(', ')},
  updated_at = ?, version = version + 1, deleted_at = NULL, superseded_by = NULL WHERE id = ?`;

export function memoryFromRow(row: MemoryRow): Memory {
  return {
    id: row.id,
    key: row.key,
    content: row.content,
    created_at: row.created_at,
    updated_at: row.updated_at,
    tags: JSON.parse(row.tags),
    importance: row.importance,
    emotion: row.emotion ?? undefined,
    emotion_intensity: row.emotion_intensity ?? undefined,
    physical_state: row.physical_state ?? undefined,
    mental_state: row.mental_state ?? undefined,
    environment: row.environment ?? undefined,
    relationship_status: row.relationship_status ?? undefined,
    action_tag: row.action_tag ?? undefined,
    source: row.source,
    version: row.version,
    pinned: row.pinned === 1,
    access_count: row.access_count,
    last_accessed_at: row.last_accessed_at ?? undefined,
    deleted_at: row.deleted_at ?? undefined,
    superseded_by: row.superseded_by ?? undefined,
  };
}

export function fieldParameters(fields: MemoryFields): Parameter[] {
  return [
    fields.content,
    contentHash(fields.content),
    JSON.stringify(distinctTags(fields.tags)),
    fields.importance,
    fields.emotion ?? null,
    fields.emotion_intensity ?? null,
    fields.physical_state ?? null,
    fields.mental_state ?? null,
    fields.environment ?? null,
    fields.relationship_status ?? null,
    fields.action_tag ?? null,
  ];
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
  return {
    content: memory.content,
    tags: memory.tags,
    importance: memory.importance,
    emotion: memory.emotion,
    emotion_intensity: memory.emotion_intensity,
    physical_state: memory.physical_state,
    mental_state: memory.mental_state,
    environment: memory.environment,
    relationship_status: memory.relationship_status,
    action_tag: memory.action_tag,
  };
}

/** What makes two texts the same memory: NFC, trimmed, LF. NFKC would merge 10² with 102. */
export function contentHash(content: string): string {
  const normal = content.normalize('NFC').replaceAll('\r\n', '\n').trim();
  return createHash('sha256').update(normal).digest('hex').slice(0, 32);
}
