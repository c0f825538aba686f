/**
 * The names of memories: the second in which one was made, as its owner's clock shows it, and a suffix where a second
 * holds several. The store assigns them inside its transaction; order never comes from them.
 */
import type { MemoryKey } from './memory.ts';
import { wallTimeAt } from './time/time-zone.ts';

/** `memory_YYYYMMDDHHMMSS` in `timeZone`. */
export function memoryKeyAt(date: Date, timeZone: string): MemoryKey {
  const shown = new Date(wallTimeAt(date.getTime(), timeZone)).toISOString();
  return `memory_${shown.slice(0, 19).replace(/\D/g, '')}`;
}

/** The key of the memory that found `taken` others in its second: the plain one, then `_01` to `_99`, `_100` and on. */
export function numberedKey(base: MemoryKey, taken: number): MemoryKey {
  return taken === 0 ? base : `${base}_${String(taken).padStart(2, '0')}`;
}
