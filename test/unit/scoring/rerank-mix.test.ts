import { describe, expect, it } from 'vitest';
import { mixRerankScores, type Rerankable } from '../../../src/scoring/rerank-mix.ts';

const entry = (name: string, score: number, rerank?: number) => ({ name, score, rerank });
const names = (entries: readonly (Rerankable & { name: string })[]) => entries.map(({ name }) => name);
const mix = { share: 0.3, keepFirst: false };

describe('the scores of a reranker', () => {
  it('reorder what the search found almost equally good, and nothing else', () => {
    const found = [entry('a', 0.8, 0.1), entry('b', 0.75, 0.9), entry('c', 0.2, 1)];
    expect(names(mixRerankScores(found, mix))).toEqual(['b', 'a', 'c']);
  });

  it('decide alone with a share of one', () => {
    const found = [entry('a', 0.8, 0.1), entry('b', 0.75, 0.9), entry('c', 0.2, 1)];
    expect(names(mixRerankScores(found, { ...mix, share: 1 }))).toEqual(['c', 'b', 'a']);
  });

  it('give each memory a score of its own, descending and not above the best of the search', () => {
    const scores = mixRerankScores([entry('a', 0.8, 0.1), entry('b', 0.75, 0.9), entry('c', 0.7)], mix).map(
      ({ score }) => Number(score.toFixed(3)),
    );
    expect(scores).toEqual([0.741, 0.584, 0.49]);
  });

  it('leave what was not read in its order, behind what stood before it', () => {
    const found = [entry('a', 0.8, 0), entry('b', 0.79), entry('c', 0.78)];
    expect(names(mixRerankScores(found, mix))).toEqual(['a', 'b', 'c']);
    expect(mixRerankScores([entry('a', 0.8), entry('b', 0.79)], mix)).toEqual([entry('a', 0.8), entry('b', 0.79)]);
  });

  it('leave the first of a strong answer where it is', () => {
    const found = [entry('a', 0.8, 0), entry('b', 0.79, 1)];
    const kept = mixRerankScores(found, { ...mix, keepFirst: true });
    expect(names(kept)).toEqual(['a', 'b']);
    expect(kept[0]?.score).toBe(kept[1]?.score);
  });
});
