import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../scripts/bench/recall-answers.ts';
import { renderDifferences, variantWith, variantWithout } from '../../../scripts/bench/recall-variants.ts';

const usual: Answer = {
  id: 'q',
  set: 'facts',
  kind: 'answerable',
  mode: 'hybrid',
  languages: 'ja-ja',
  relevant: ['a'],
  ranked: ['b', 'a'],
  strength: 'weak',
  reported: true,
  measured: true,
  nearest: 0.9,
  noneAbove: 0.9,
};

describe('the difference that a part makes', () => {
  it('is taken question by question, with its interval and both halves', () => {
    const base = Array.from({ length: 40 }, (_, index) => ({ ...usual, id: `q${index}`, reported: index % 2 === 1 }));
    const changed = base.map((answer, index) => (index % 4 === 1 ? { ...answer, ranked: ['a', 'b'] } : answer));
    const row = renderDifferences(base, changed.toReversed()).split('\n').at(-1);
    expect(row).toMatch(
      /^\| facts \| 40 \| \*\*\+25\.0\*\* \[\+\d+\.\d, \+\d+\.\d\] \(0\.0 \/ \+50\.0\) \| 0\.0 \[0\.0, 0\.0\] \(0\.0 \/ 0\.0\) \|/,
    );
  });

  it('names the parts and constants there are when asked for another', () => {
    expect(() => variantWithout('magic')).toThrow(/no part magic.*proximity/);
    expect(() => variantWith('magic=1')).toThrow(/"magic=1".*wordsWeight/);
    expect(variantWith('wordsWeight=10,neighborShare=0')).toMatchObject({
      ranking: { wordsWeight: 10, neighborShare: 0 },
      fixed: {},
    });
    expect(variantWith('termSaturation=1')).toMatchObject({ ranking: {}, fixed: { termSaturation: 1 } });
  });
});
