/**
 * Memories that are made of what was no memory in the original system: items, memory blocks, and goals with details. They
 * get a tag of their own, and keep everything else as JSON.
 */
import type { Timestamp } from '../core/memory.ts';
import { tagLimit } from '../core/memory-fields.ts';
import { isBlank, jsonIn, wordsIn } from './cells.ts';
import { importSource, type OriginalMemory, type Row } from './original-memory.ts';
import { type OriginalTime, readTime } from './times.ts';

export interface ExtraParts {
  /** Unique in the persona. Made of what identifies it there, so that a second import finds it. */
  readonly key: string;
  readonly content: string;
  readonly tags: readonly string[];
  /** The times there, in order of preference. */
  readonly created: readonly unknown[];
  readonly updated: readonly unknown[];
  readonly pinned?: boolean;
  readonly kept: Row;
}

export interface ExtraReading {
  readonly timeZone: string;
  /** For what says no time. */
  readonly fallbackTime: Timestamp;
}

export function extraMemory(parts: ExtraParts, { timeZone, fallbackTime }: ExtraReading): OriginalMemory {
  const { key, content, tags, pinned = false } = parts;
  const first = (times: readonly unknown[]): (OriginalTime & { there: string }) | undefined => {
    for (const value of times) {
      const time = readTime(value, timeZone);
      if (time !== undefined) return { ...time, there: wordsIn(value) ?? '' };
    }
    return undefined;
  };
  const created = first(parts.created);
  const created_at = created?.at ?? fallbackTime;
  return {
    memory: {
      key: key.slice(0, 190),
      content,
      created_at,
      updated_at: first(parts.updated)?.at ?? created_at,
      tags: [...new Set(tags)].filter((tag) => tag.length <= tagLimit.length).slice(0, tagLimit.count),
      importance: 0.5,
      source: importSource,
      version: 1,
      pinned,
      access_count: 0,
    },
    created,
    past: [],
    kept: withoutBlanks(parts.kept),
    faults: [],
  };
}

/** The row with JSON read, without what says nothing. */
export function withoutBlanks(row: Row): Row {
  const entries = Object.entries(row).map(([name, value]) => [name, jsonIn(value)] as const);
  return Object.fromEntries(entries.filter(([, value]) => !isBlank(value)));
}
