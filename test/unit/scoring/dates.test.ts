/** What a memory gains by being of a date that the question names. */
import { describe, expect, it } from 'vitest';
import { dayLength } from '../../../src/core/time/durations.ts';
import { scoreDate } from '../../../src/scoring/dates.ts';
import { rankingParameters } from '../../../src/scoring/ranking-parameters.ts';

const parameters = { ...rankingParameters, dateWeight: 2, dateReachDays: 3 };
const noon = (day: string) => Date.parse(`${day}T12:00:00Z`);
const span = (from: string, before: string) => ({ from: Date.parse(from), before: Date.parse(before) });
const firstOfMarch = span('2026-03-01', '2026-03-02');
const march = span('2026-03-01', '2026-04-01');

describe('the gain of a date', () => {
  it('is whole on the day itself, a half three days from it, and next to nothing a month away', () => {
    expect(scoreDate(noon('2026-03-01'), [firstOfMarch], parameters)).toBe(2);
    expect(scoreDate(firstOfMarch.before + 3 * dayLength, [firstOfMarch], parameters)).toBe(1);
    expect(scoreDate(firstOfMarch.from - 3 * dayLength, [firstOfMarch], parameters)).toBe(1);
    expect(scoreDate(noon('2026-04-01'), [firstOfMarch], parameters)).toBeLessThan(0.01);
  });

  it('reaches half the length of a longer date', () => {
    expect(scoreDate(march.before + 15.5 * dayLength, [march], parameters)).toBe(1);
  });

  it('is that of the nearest of several dates, and nothing without one', () => {
    expect(scoreDate(noon('2026-03-01'), [march, span('2020-01-01', '2020-01-02')], parameters)).toBe(2);
    expect(scoreDate(noon('2026-03-01'), [], parameters)).toBe(0);
  });
});
