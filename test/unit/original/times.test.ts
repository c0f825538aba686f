/** The original system's times, with and without a zone. */
import { describe, expect, it } from 'vitest';
import { readTime, timeInKey } from '../../../src/original/times.ts';

describe('a time without an offset', () => {
  it.each([
    ['2025-11-01T17:30:00', '2025-11-01T08:30:00.000Z'],
    ['2025-11-01T17:30:00.123456', '2025-11-01T08:30:00.123Z'],
    ['2025-11-01 17:30:00,5', '2025-11-01T08:30:00.500Z'],
    ['2025-11-01T17:30', '2025-11-01T08:30:00.000Z'],
    ['2025-11-01', '2025-10-31T15:00:00.000Z'],
  ])('is one of the zone: %s', (text, at) => {
    expect(readTime(text, 'Asia/Tokyo')).toEqual({ at, local: true });
  });

  it('is the earlier one where a clock shows it twice', () => {
    expect(readTime('2025-10-26T02:30:00', 'Europe/Berlin')?.at).toBe('2025-10-26T00:30:00.000Z');
  });
});

describe('a time with an offset', () => {
  it.each([
    ['2025-11-01T17:30:00+09:00', '2025-11-01T08:30:00.000Z'],
    ['2025-11-01T17:30:00.25-0330', '2025-11-01T21:00:00.250Z'],
    ['2025-11-01T17:30:00Z', '2025-11-01T17:30:00.000Z'],
    [1_762_000_000, '2025-11-01T12:26:40.000Z'],
    [1_762_000_000_000, '2025-11-01T12:26:40.000Z'],
  ])('says itself when it was: %s', (value, at) => {
    expect(readTime(value, 'Asia/Tokyo')).toEqual({ at, local: false });
  });
});

it.each([null, undefined, '', 'yesterday', '2025-02-30T00:00:00', '2025-11-01T24:00:00', '2025-13-01', 5, {}])(
  'no time is %j',
  (value) => {
    expect(readTime(value, 'Asia/Tokyo')).toBeUndefined();
  },
);

it.each([
  ['memory_20251101173000', '2025-11-01T08:30:00.000Z'],
  ['memory_20251101173000_01', '2025-11-01T08:30:00.000Z'],
  ['summary_20251101173000', '2025-11-01T08:30:00.000Z'],
  ['memory_2025110117300099', undefined],
  ['memory_20251301173000', undefined],
  ['goal_0a1b2c', undefined],
])('the key %s says %s', (key, at) => {
  expect(timeInKey(key, 'Asia/Tokyo')?.at).toBe(at);
});
