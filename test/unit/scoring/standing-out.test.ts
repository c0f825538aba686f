/** Which of the best scores stand out from the rest. */
import { expect, it } from 'vitest';
import { countStandingOut } from '../../../src/scoring/standing-out.ts';

const rule = { limit: 1, lead: { ofOne: 0.3, ofSeveral: 0.5 } };

it.each([
  ['none where there is nothing', [], 0],
  ['none below the limit, however far ahead', [0.9, 0.1], 0],
  ['the best, where it is ahead of the rest', [1.5, 1.1, 1.05, 1], 1],
  ['none where everything is near', [1.4, 1.3, 1.2, 1.1], 0],
  ['two that are ahead of the rest together', [1.9, 1.8, 1.2], 2],
  ['not two whose lead is enough for one alone', [1.9, 1.8, 1.4, 1.3], 0],
  ['three at most', [2, 1.9, 1.8, 1.7, 0.5], 0],
  ['only those above the limit', [1.2, 0.95, 0.2], 0],
])('%s', (_, scores, count) => {
  expect(countStandingOut(scores, rule)).toBe(count);
});
