import { expect, it } from 'vitest';
import { findNearestTags } from '../../../src/search/nearest-tags.ts';

it.each<[string, readonly string[], readonly string[]]>([
  ['allergies', ['work', 'allergy'], ['allergy']],
  ['寿司', ['お寿司', '旅行'], ['お寿司']],
  ['travel', ['travel', 'travels'], []],
  ['music', ['work', '旅行'], []],
])('for %s, the tags that are spelt like it, of %j', (asked, existing, nearest) => {
  expect(findNearestTags([asked], existing)).toEqual(nearest);
});
