/**
 * The memory in a payload: one that this program wrote, or one of the original system, whose versions named and stored
 * their fields in several ways.
 */
import * as z from 'zod';
import type { ForeignMemory } from '../../core/memory.ts';
import { type MemoryField, managedFields, memoryFields } from '../../core/memory-fields.ts';
import { instantAt } from '../../core/time/time-zone.ts';
import { LongNumber } from './lossless-json.ts';
import type { Payload } from './payload.ts';

/** `timeZone`: where the clock stood that the original system read, which noted no zone. */
export interface PayloadReading {
  readonly timeZone: string;
  /** The time of what has none. */
  readonly now: Date;
}

const fields: readonly (readonly [name: string, field: MemoryField])[] = Object.entries({
  ...managedFields,
  ...memoryFields,
});
const ownNames = new Set(fields.map(([name]) => name));

/** The memory, or in one sentence why there is none. */
export function memoryOfPayload(payload: Payload, reading: PayloadReading): ForeignMemory | { reason: string } {
  if (typeof payload.key !== 'string' || payload.key === '') return { reason: 'the payload has no key' };
  if (typeof payload.content !== 'string') return { reason: 'the payload has no content' };
  const given = typeof payload.store_id === 'string' ? payload : modernized(payload, reading);
  const memory: Record<string, unknown> = {};
  for (const [name, field] of fields) {
    const value = given[name] ?? field.default;
    if (value === undefined) {
      if (field.optional !== true) return { reason: `the payload has no ${name}` };
      continue;
    }
    const parsed = field.schema.safeParse(value instanceof LongNumber ? Number(value.digits) : value);
    if (!parsed.success) return { reason: `${name}: ${parsed.error.issues[0]?.message}` };
    memory[name] = parsed.data;
  }
  // The loop has set every field of both tables that is not optional.
  return memory as unknown as ForeignMemory;
}

const storedTags = z.array(z.string());

/** A payload of the original system in the words of this one. What has no place here is left out. */
function modernized(payload: Payload, { timeZone, now }: PayloadReading): Payload {
  const own = Object.fromEntries(
    Object.entries(payload).filter(([name, value]) => ownNames.has(name) && value !== null && value !== ''),
  );
  // Its last version noted when the point was written; the key says when the memory was made.
  const noted = typeof payload.lifecycle_status === 'string' ? undefined : payload.created_at;
  const created_at =
    toUtc(noted, timeZone) ??
    timeInKey(payload.key, timeZone) ??
    toUtc(payload.created_at, timeZone) ??
    now.toISOString();
  const updated_at = toUtc(payload.updated_at, timeZone) ?? created_at;
  return {
    ...own,
    created_at,
    updated_at,
    tags: tagsOf(payload.tags),
    importance: fraction(payload.importance),
    emotion_intensity: fraction(payload.emotion_intensity),
    source: typeof own.source === 'string' ? own.source : 'import',
    version: 1,
    pinned: false,
    access_count: typeof payload.access_count === 'number' ? payload.access_count : 0,
    last_accessed_at: toUtc(payload.last_accessed, timeZone),
    deleted_at: payload.lifecycle_status === 'deleted' ? updated_at : undefined,
    superseded_by: undefined,
  };
}

/** A list, or the JSON of one in a text. */
function tagsOf(value: unknown): string[] {
  let list = value;
  try {
    if (typeof value === 'string') list = JSON.parse(value);
  } catch {
    return [];
  }
  return (storedTags.safeParse(list).data ?? []).map((tag) => tag.trim()).filter((tag) => tag !== '');
}

function fraction(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : undefined;
}

/** An ISO time with or without an offset; without one it is what a clock in `timeZone` showed. */
function toUtc(value: unknown, timeZone: string): string | undefined {
  if (typeof value !== 'string') return undefined;
  const hasOffset = /(?:Z|[+-]\d\d:?\d\d)$/.test(value);
  const parsed = Date.parse(hasOffset ? value : `${value}Z`);
  if (Number.isNaN(parsed)) return undefined;
  return new Date(hasOffset ? parsed : instantAt(parsed, timeZone)).toISOString();
}

/** `memory_YYYYMMDDHHMMSS` and what may follow. */
function timeInKey(key: unknown, timeZone: string): string | undefined {
  const parts = typeof key === 'string' ? /^[a-z]+_(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(key) : null;
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  return toUtc(`${year}-${month}-${day}T${hour}:${minute}:${second}`, timeZone);
}
