import { describe, expect, it } from 'vitest';
import { memoryKeyAt, numberedKey } from '../../../src/core/memory-key.ts';

describe('the key of a memory', () => {
  it.each([
    ['Asia/Tokyo', '2026-11-24T00:30:00.999Z', 'memory_20261124093000'],
    ['America/New_York', '2026-11-24T00:30:00Z', 'memory_20261123193000'],
    ['Australia/Lord_Howe', '2026-01-01T00:00:00Z', 'memory_20260101110000'],
    ['UTC', '2026-01-02T03:04:05Z', 'memory_20260102030405'],
  ])('is the second in %s', (timeZone, instant, key) => {
    expect(memoryKeyAt(new Date(instant), timeZone)).toBe(key);
  });

  it('gets a number if its second holds several', () => {
    const base = 'memory_20261124093000';
    expect([0, 1, 2, 9, 10, 99, 100, 1234].map((taken) => numberedKey(base, taken))).toEqual([
      base,
      `${base}_01`,
      `${base}_02`,
      `${base}_09`,
      `${base}_10`,
      `${base}_99`,
      `${base}_100`,
      `${base}_1234`,
    ]);
  });
});
