import { describe, expect, it } from 'vitest';
import { isFunctionWord, stemOf } from '../../../../src/core/text/stemming.ts';

describe('English inflections', () => {
  it.each([
    ['dogs', 'dog'],
    ['boxes', 'box'],
    ['classes', 'class'],
    ['cities', 'city'],
    ['walked', 'walking'],
    ['planned', 'planning'],
    ['liked', 'likes'],
    ['move', 'moving'],
    ['telling', 'tell'],
  ])('%s and %s become one', (one, other) => {
    expect(stemOf(one)).toBe(stemOf(other));
  });

  it.each(['red', 'string', 'bus', 'glass', 'sing', 'is', 'ring'])('%s stays a word of its own', (word) => {
    expect(stemOf(word)).toBe(word);
  });

  it.each(['ing', 'ed', 's', 'es', 'eeee', 'ssss', 'eing'])('leaves something of "%s"', (word) => {
    expect(stemOf(word).length).toBeGreaterThan(0);
  });
});

it('function words are known in lower case', () => {
  expect(isFunctionWord('the')).toBe(true);
  expect(isFunctionWord('berlin')).toBe(false);
});
