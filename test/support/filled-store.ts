/** A store full of memories in which every field has a value somewhere, with vectors that mean nothing. */
import type { ForeignMemory } from '../../src/core/memory.ts';
import type { VectorSpace } from '../../src/core/vector.ts';
import type { MemoryStore } from '../../src/store/memory-store.ts';
import { randomNumbers, randomUnitVector } from './vectors.ts';

export const filledSpace: VectorSpace = { id: 'filled@1#none#none#none#none#whole', dimensions: 16 };
const random = randomNumbers(21);
const vector = () => randomUnitVector(random, filledSpace.dimensions);

/** Every field has a value in some, and none in others; texts are of every kind. */
export function filledMemory(at: number): ForeignMemory {
  const time = (offset: number) => new Date(Date.UTC(2026, 0, 1) + at * 1_000 + offset).toISOString();
  const texts = [
    '苺のアレルギーがある',
    'line\r\nline\ttab',
    '👩‍👩‍👧 𠮷野家',
    '"quoted" \\ {json}',
    '長い話 '.repeat(200),
  ];
  const some = <Value>(every: number, value: Value): Value | undefined => (at % every === 0 ? value : undefined);
  return {
    key: `memory_${at}${at % 7 === 0 ? '_01' : ''}`,
    content: `${texts[at % texts.length]} ${at}`,
    tags: at % 3 === 0 ? [] : [`tag ${at % 5}`, 'Ｆｕｌｌ', '食べ物'],
    importance: (at % 11) / 10,
    emotion: some(2, 'joy'),
    emotion_intensity: some(2, 1 / 3),
    physical_state: some(3, 'tired'),
    mental_state: some(4, '穏やか'),
    environment: some(5, '自宅'),
    relationship_status: some(6, 'friends'),
    action_tag: some(7, 'cooking'),
    created_at: time(0),
    updated_at: time(123),
    source: at % 2 === 0 ? 'claude' : 'import',
    version: 1 + (at % 4),
    pinned: at % 13 === 0,
    access_count: at % 17,
    last_accessed_at: some(17, time(500)),
    deleted_at: some(19, time(700)),
    superseded_by: some(23, `memory_${at + 1}`),
  };
}

/** Some memories have several chunks. */
export async function fillStore(store: MemoryStore, count: number): Promise<void> {
  for (let from = 0; from < count; from += 500) {
    const memories = Array.from({ length: Math.min(500, count - from) }, (_, at) => filledMemory(from + at));
    await store.memories.importAll(memories, '2026-06-01T00:00:00.000Z');
    for (const { key } of memories) {
      const memory = store.memories.read(key);
      if (memory === undefined) throw new Error(`${key} was not stored`);
      await store.vectors.put(memory, filledSpace, memory.id % 50 === 0 ? [vector(), vector(), vector()] : [vector()]);
    }
  }
}
