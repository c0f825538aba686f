import { describe, expect, it } from 'vitest';
import { ageOf } from '../../../../src/core/time/age.ts';
import { parseTimeRange } from '../../../../src/core/time/time-range.ts';

const context = { now: new Date('2026-03-11T15:30:00+09:00'), timeZone: 'Asia/Tokyo' };

describe('the age of something', () => {
  it.each([
    ['2026-03-11T15:30:00+09:00', 'just now'],
    ['2026-03-11T15:29:01+09:00', 'just now'],
    ['2026-03-11T15:29:00+09:00', '1 minute ago'],
    ['2026-03-11T14:31:00+09:00', '59 minutes ago'],
    ['2026-03-11T14:30:00+09:00', '1 hour ago'],
    ['2026-03-10T15:31:00+09:00', '23 hours ago'],
    ['2026-03-10T15:30:00+09:00', '1 day ago'],
    ['2026-03-09T23:59:59+09:00', '2 days ago'],
    ['2026-03-08T00:00:00+09:00', '3 days ago'],
    ['2026-01-10T12:00:00+09:00', '60 days ago'],
    ['2026-01-09T12:00:00+09:00', '2 months ago'],
    ['2025-03-12T12:00:00+09:00', '11 months ago'],
    ['2025-03-11T12:00:00+09:00', '12 months ago'],
    ['2024-03-12T12:00:00+09:00', '23 months ago'],
    ['2024-03-11T12:00:00+09:00', '2 years ago'],
    ['2020-02-29T12:00:00+09:00', '6 years ago'],
    ['2026-03-11T15:30:30+09:00', 'just now'],
    ['2026-03-14T15:30:00+09:00', 'in 3 days'],
  ])('of %s is %s', (timestamp, age) => {
    expect(ageOf(new Date(timestamp).toISOString(), context)).toBe(age);
  });

  it('is 1 day where the clock went forward an hour in between', () => {
    const now = new Date('2026-03-08T12:00:00-04:00');
    expect(ageOf('2026-03-07T16:00:00.000Z', { now, timeZone: 'America/New_York' })).toBe('1 day ago');
  });

  it('in days is a date range that finds it', () => {
    for (let hours = -24 * 60; hours < 24 * 60; hours += 7) {
      const timestamp = new Date(context.now.getTime() - hours * 3_600_000).toISOString();
      const { from = '', before = '' } = parseTimeRange(ageOf(timestamp, context), context);
      expect(from <= timestamp && timestamp < before).toBe(true);
    }
  });
});
