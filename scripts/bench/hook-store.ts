/** A store in memory with the texts of a question set. */
import { type MemoryStore, openMemoryStore } from '../../src/store/memory-store.ts';

export async function fillStore(
  corpus: readonly { readonly id: string; readonly text: string }[],
): Promise<{ store: MemoryStore; idsOf: ReadonlyMap<number, readonly string[]> }> {
  const store = await openMemoryStore({ persona: 'bench', busyTimeout: 1_000 });
  const idsOf = new Map<number, string[]>();
  for (const [at, { id, text }] of corpus.entries()) {
    const created_at = new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString();
    const draft = { content: text, tags: [], importance: 0.5, source: 'bench', created_at, key: `memory_${at}` };
    const { memory } = await store.memories.create(draft);
    idsOf.set(memory.id, [...(idsOf.get(memory.id) ?? []), id]);
  }
  return { store, idsOf };
}
