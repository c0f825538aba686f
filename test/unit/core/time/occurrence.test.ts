/** When something happened, as callers write it, and how replies show moments; both on the clock of a time zone. */
import { describe, expect, it } from 'vitest';
import { localDate, localMoment, localTime, localWeekday } from '../../../../src/core/time/local-time.ts';
import { parseOccurrence } from '../../../../src/core/time/occurrence.ts';

const now = new Date('2026-11-27T16:30:00.000Z');
const tokyo = { now, timeZone: 'Asia/Tokyo' };

describe('when something happened', () => {
  it.each([
    ['2026-11-24', '2026-11-23T15:00:00.000Z'],
    ['2026-11-24T09:30', '2026-11-24T00:30:00.000Z'],
    ['2026-11-24 09:30:15', '2026-11-24T00:30:15.000Z'],
    ['2026-11-24T09:30:15.250Z', '2026-11-24T09:30:15.250Z'],
    ['2026-11-24T09:30:00-03:30', '2026-11-24T13:00:00.000Z'],
    ['11/20/2026', '2026-11-19T15:00:00.000Z'],
    ['令和8年11月20日', '2026-11-19T15:00:00.000Z'],
    // It is the 28th in Tokyo.
    ['yesterday', '2026-11-26T15:00:00.000Z'],
    ['一昨日', '2026-11-25T15:00:00.000Z'],
    ['5 March 2023', '2023-03-04T15:00:00.000Z'],
  ])('is read from %s', (text, expected) => {
    expect(parseOccurrence(text, tokyo)).toBe(expected);
  });

  it.each(['2026-02-30', '2026-13-01', 'when we met', '2026-11-24T25:00', '2026-11-20..2026-11-24'])(
    'is refused where there is no such moment: %s',
    (text) => {
      expect(() => parseOccurrence(text, tokyo)).toThrow(/^occurred_at /);
    },
  );

  it.each(['2023', '2023-03', 'last week', '去年の夏'])('is refused where it is no day: %s', (text) => {
    expect(() => parseOccurrence(text, tokyo)).toThrow(/^occurred_at /);
  });

  it('is the first moment of a day that has no midnight', () => {
    expect(parseOccurrence('2018-11-04', { now, timeZone: 'America/Sao_Paulo' })).toBe('2018-11-04T03:00:00.000Z');
  });
});

describe('a moment', () => {
  const zones = ['Asia/Tokyo', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Apia', 'UTC'];
  const moments = [
    '2026-11-23T15:00:00.000Z',
    '2026-11-24T00:30:00.000Z',
    '2026-11-24T09:30:15.250Z',
    // Both are shown as 01:30 in New York.
    '2026-11-01T05:30:00.000Z',
    '2026-11-01T06:30:00.000Z',
    // Tokyo was 9:18:59 away.
    '1880-01-01T00:00:00.000Z',
  ];
  it.each(zones)('is shown in a form that is read as the same moment in %s', (timeZone) => {
    for (const moment of moments) expect(parseOccurrence(localTime(moment, timeZone), { now, timeZone })).toBe(moment);
  });

  it.each([
    ['2026-11-23T15:00:00.000Z', 'Asia/Tokyo', '2026-11-24'],
    ['2026-11-24T00:30:00.000Z', 'Asia/Tokyo', '2026-11-24T09:30+09:00'],
    ['2026-11-24T00:30:15.000Z', 'America/St_Johns', '2026-11-23T21:00:15-03:30'],
    ['2026-11-24T00:30:00.000Z', 'Asia/Kathmandu', '2026-11-24T06:15+05:45'],
  ])('is shown as the clock there does: %s in %s', (moment, timeZone, expected) => {
    expect(localTime(moment, timeZone)).toBe(expected);
  });

  it('has the day, the weekday and the second of its place', () => {
    expect(localDate(now.toISOString(), 'Asia/Tokyo')).toBe('2026-11-28');
    expect(localWeekday(now, 'Asia/Tokyo')).toBe('Saturday');
    expect(localWeekday(now, 'UTC')).toBe('Friday');
    expect(localMoment(now, 'Asia/Tokyo')).toBe('2026-11-28T01:30:00+09:00');
  });
});
