/** Values in the original system's tables, in all the forms that it wrote. */
import { describe, expect, it } from 'vitest';
import { isBlank, numberIn, tagsIn, textIn } from '../../../src/original/cells.ts';

it.each([
  ['["food", "健康"]', ['food', '健康']],
  ['[]', []],
  [null, []],
  ['', []],
  ["['a', 'b c']", ['a', 'b c']],
  ['a, b、c', ['a', 'b', 'c']],
  ['"single"', ['single']],
  ['[1, null, " x ", {"a": 1}]', ['1', 'x']],
])('the tags of %j are %j', (value, tags) => {
  expect(tagsIn(value)).toEqual(tags);
});

describe('a number', () => {
  it.each([
    [0.5, 0.5],
    ['0.5', 0.5],
    ['strong', undefined],
    ['', undefined],
    [null, undefined],
    [Number.NaN, undefined],
  ])('in %j is %s', (value, number) => {
    expect(numberIn(value)).toBe(number);
  });
});

it('bytes are text', () => {
  expect(textIn(Buffer.from('苺'))).toBe('苺');
});

it.each([
  [null, true],
  ['', true],
  [[], true],
  [{}, true],
  [0, false],
  [false, false],
  [' ', false],
])('%j says nothing: %s', (value, blank) => {
  expect(isBlank(value)).toBe(blank);
});
