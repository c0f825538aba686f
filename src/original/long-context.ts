/**
 * What is too long for our context becomes memories: every session starts with the context, and update_context would
 * refuse to change a record that is longer than it allows.
 */
import { stateLimit } from '../core/memory-fields.ts';
import type { ContextEntries } from '../store/context-table.ts';
import { type ExtraReading, extraMemory } from './extra-memory.ts';
import type { OriginalMemory } from './original-memory.ts';

/** As `service/context.ts` limits a record, in characters of JSON. */
const recordLimit = 4_000;

export interface FittingContext {
  readonly entries: ContextEntries;
  readonly memories: readonly OriginalMemory[];
}

export function fitContext(entries: ContextEntries, reading: ExtraReading): FittingContext {
  const memories: OriginalMemory[] = [];
  const moveOut = (name: string, tags: readonly string[], content: string, at: string) => {
    memories.push(
      extraMemory({ key: `context_${name}`, content, tags, created: [at], updated: [at], kept: {} }, reading),
    );
  };
  const fitting = [...entries].map(([name, { value, updated_at }]) => {
    if (Array.isArray(value)) {
      for (const [index, { text }] of value.entries()) {
        if (text.length > stateLimit) moveOut(`${name}_${index + 1}`, [name.replace(/s$/, '')], text, updated_at);
      }
      return [name, { value: value.map(cutCommitment), updated_at }] as const;
    }
    if (typeof value !== 'object' || value === null) return [name, { value, updated_at }] as const;
    const kept = new Map(Object.entries(value));
    // The longest first, until the rest fits.
    const byLength = [...kept.keys()].sort((one, other) => lengthOf(kept.get(other)) - lengthOf(kept.get(one)));
    for (const part of byLength) {
      if (lengthOf(Object.fromEntries(kept)) <= recordLimit) break;
      moveOut(`${name}_${part}`, ['context', name], `${part}: ${textOf(kept.get(part))}`, updated_at);
      kept.delete(part);
    }
    return [name, { value: Object.fromEntries(kept), updated_at }] as const;
  });
  return { entries: new Map(fitting), memories };
}

function cutCommitment<Commitment extends { text: string }>(commitment: Commitment): Commitment {
  return { ...commitment, text: commitment.text.slice(0, stateLimit) };
}

function lengthOf(value: unknown): number {
  return JSON.stringify(value)?.length ?? 0;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 1);
}
