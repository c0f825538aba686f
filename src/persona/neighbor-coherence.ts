/**
 * The coherence of a persona's neighbouring memories, measured from a sample and again when the store has grown by a
 * quarter.
 */
import { measureCoherence } from '../scoring/coherence.ts';
import { inSameSession } from '../scoring/session-window.ts';
import type { MemoryStore } from '../store/memory-store.ts';

const sampledPairs = 200;
const growth = 1.25;

export function createNeighborCoherence(store: MemoryStore) {
  let measured: { readonly at: number; readonly coherence: number } | undefined;
  return {
    /** 0..1: how much may be concluded from the memories beside one. */
    current(): number {
      const { count } = store.fullText.statistics();
      if (measured !== undefined && count <= growth * measured.at && growth * count >= measured.at) {
        return measured.coherence;
      }
      const pairs = store.memories
        .neighborPairs(sampledPairs)
        .filter(([one, other]) => inSameSession(one, other))
        .map(([one, other]) => [one.content, other.content] as const);
      measured = { at: count, coherence: measureCoherence(pairs) };
      return measured.coherence;
    },
  };
}

export type NeighborCoherence = ReturnType<typeof createNeighborCoherence>;
