import { describe, expect, it } from 'vitest';
import type { ModelStatus } from '../../../src/model/embedder.ts';
import { patienceFor } from '../../../src/search/semantic-search.ts';

describe('the patience of a search with its model', () => {
  const status = (changes: Partial<ModelStatus>): ModelStatus => ({ state: 'loading', model: 'tiny', ...changes });

  it('is ten seconds while the model is being loaded and should be there by then, or was never loaded before', () => {
    expect(patienceFor(status({ readyIn: 9_000 }), true)).toBe(10_000);
    expect(patienceFor(status({}), true)).toBe(10_000);
  });

  it('is two seconds where waiting longer would not help', () => {
    expect(patienceFor(status({ readyIn: 15_000 }), true)).toBe(2_000);
    expect(patienceFor(status({ readyIn: 1_000 }), false)).toBe(2_000);
    expect(patienceFor(status({ state: 'ready' }), true)).toBe(2_000);
    expect(patienceFor(status({ state: 'absent' }), true)).toBe(2_000);
  });
});
