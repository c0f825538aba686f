/** Which dates a question names, in English and Japanese, as days of Tokyo. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findDates } from '../../../../src/core/time/dates-in-text.ts';
import { localDate } from '../../../../src/core/time/local-time.ts';
import { repositoryRoot } from '../../../support/surroundings.ts';

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

  it.each([
    // A day of a month that is named from today.
    ['先月の3日に決めたことは？', ['2026-10-03..2026-10-03']],
    ['先月三日の会議は？', ['2026-10-03..2026-10-03']],
    ['先々月の10日は何をしていた？', ['2026-09-10..2026-09-10']],
    ['What did we decide on the 3rd of last month?', ['2026-10-03..2026-10-03']],
    ['What was said on the third day of last month?', ['2026-10-03..2026-10-03']],
    ["Who came on last month's 3rd?", ['2026-10-03..2026-10-03']],
    ['Who called last month, on the 31st?', ['2026-10-31..2026-10-31']],
    // The latest that is over.
    ['What did Mia paint last March?', ['2026-03-01..2026-03-31']],
    ['Where did we go last December?', ['2025-12-01..2025-12-31']],
    ['Where were we last November?', ['2025-11-01..2025-11-30']],
    ['Where were we last December 24th?', ['2025-12-24..2025-12-24']],
    ['この前の3月に行った場所は？', ['2026-03-01..2026-03-31']],
    ['この間の十二月に行った場所は？', ['2025-12-01..2025-12-31']],
    ['この前の夏に行った場所は？', ['2026-06-01..2026-08-31']],
    // Of a year that is named from today.
    ['What happened on March 3rd last year?', ['2025-03-03..2025-03-03']],
    ['What happened on the 3rd of March last year?', ['2025-03-03..2025-03-03']],
    ['What happened last year, on 3 March?', ['2025-03-03..2025-03-03']],
    ['What happened in May last year?', ['2025-05-01..2025-05-31']],
    ['Where were we in December two years ago?', ['2024-12-01..2024-12-31']],
    ['Where were we in the summer of last year?', ['2025-06-01..2025-08-31']],
    ["What did we plan for this year's summer?", ['2026-06-01..2026-08-31']],
    ['去年の3月3日は何をしていた？', ['2025-03-03..2025-03-03']],
    ['去年の3月の3日は何をしていた？', ['2025-03-03..2025-03-03']],
    ['二年前の三月に行った場所は？', ['2024-03-01..2024-03-31']],
    ['2年前の夏に行った場所は？', ['2024-06-01..2024-08-31']],
    // What lies ahead, for what happens then.
    ['What is planned for next March?', ['2027-03-01..2027-03-31']],
    ['来年の12月の予定は？', ['2027-12-01..2027-12-31']],
    ['来月の3日の予定は？', ['2026-12-03..2026-12-03']],
    ['What is planned for tomorrow?', ['2026-11-28..2026-11-28']],
    ['来週の予定は？', ['2026-11-30..2026-12-06']],
  ])('named from today: %s', (question, expected) => {
    expect(datesIn(question)).toEqual(expected);
  });

  it('know the seasons of the south', () => {
    const [summer] = findDates('What did we do last summer?', { now, timeZone: 'Australia/Sydney' });
    expect(summer).toEqual({
      from: Date.parse('2025-12-01T00:00:00+11:00'),
      before: Date.parse('2026-03-01T00:00:00+11:00'),
    });
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
    'What did we decide on 29 February last year?',
    'What did we decide on the 32nd of last month?',
    'Is this may be true or not?',
    'Which of the batteries may last years?',
    '十三日間の旅程は？',
    '次の会議はいつ？',
  ])('are none where none is meant: %s', (question) => {
    expect(datesIn(question)).toEqual([]);
  });
});

describe('docs/time.md', () => {
  const page = readFileSync(join(repositoryRoot, 'docs/time.md'), 'utf8');
  const rows = [...page.matchAll(/^\| (.+) \| (\d{4}-\d\d-\d\d)(?: to (.+))? \|$/gm)];
  const promised = rows.flatMap(([, forms = '', from = '', to = from]) =>
    forms.split(' · ').map((form) => [form, `${from}..${to}`] as const),
  );

  it('has a table of dates', () => {
    expect(promised.length).toBeGreaterThan(20);
  });

  it.each(promised)('is right about "%s"', (form, expected) => {
    const question = /[a-z]/.test(form) || /^[\d-]+$/.test(form) ? `What was said ${form}?` : `${form}は何をしていた？`;
    expect(datesIn(question)).toEqual([expected]);
  });
});
