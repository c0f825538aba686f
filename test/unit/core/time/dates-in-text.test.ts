/** Which dates a question names, in English and Japanese, as days of Tokyo. */
import { describe, expect, it } from 'vitest';
import { findDates } from '../../../../src/core/time/dates-in-text.ts';
import { localDate } from '../../../../src/core/time/local-time.ts';

const timeZone = 'Asia/Tokyo';
const now = new Date('2026-11-27T03:00:00Z');

/** The first and the last day of each. */
function datesIn(text: string): string[] {
  const dayOf = (instant: number) => localDate(new Date(instant).toISOString(), timeZone);
  return findDates(text, { now, timeZone }).map(({ from, before }) => `${dayOf(from)}..${dayOf(before - 1)}`);
}

describe('the dates of a question', () => {
  it.each([
    ['What did we decide on 3 June 2026?', ['2026-06-03..2026-06-03']],
    ['Who visited in March 2023?', ['2023-03-01..2023-03-31']],
    ['What did Mia paint last spring?', ['2026-03-01..2026-05-31']],
    ['Where were we yesterday?', ['2026-11-26..2026-11-26']],
    ['What happened two weeks ago and 3 days ago?', ['2026-11-09..2026-11-15', '2026-11-24..2026-11-24']],
    ['去年の夏に行った場所は？', ['2025-06-01..2025-08-31']],
    ['昨日は何を食べた？', ['2026-11-26..2026-11-26']],
    ['三日前に決めたことは？', ['2026-11-24..2026-11-24']],
    ['2026年3月の会議で決まったことは？', ['2026-03-01..2026-03-31']],
  ])('%s', (question, expected) => {
    expect(datesIn(question)).toEqual(expected);
  });

  it('may be of any year where none is named', () => {
    const dates = datesIn('What did Caroline research in May?');
    expect(dates).toContain('2026-05-01..2026-05-31');
    expect(dates).toContain('2023-05-01..2023-05-31');
  });

  it.each([
    'May I use the car?',
    'What is planned for today?',
    'Did the march through town take long?',
    'What did we decide on 31 February 2026?',
    '十三日間の旅程は？',
    '次の会議はいつ？',
  ])('are none where none is meant: %s', (question) => {
    expect(datesIn(question)).toEqual([]);
  });
});
