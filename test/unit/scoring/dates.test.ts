/** What a memory gains by being of a date that the question names. */
import { describe, expect, it } from 'vitest';
import { dayLength } from '../../../src/core/time/durations.ts';
import { fitDate } from '../../../src/scoring/dates.ts';
import { rankingParameters } from '../../../src/scoring/ranking-parameters.ts';

const parameters = { ...rankingParameters, dateWeight: 2, dateReachDays: 3 };
const noon = (day: string) => Date.parse(`${day}T12:00:00Z`);
const span = (from: string, before: string) => ({ from: Date.parse(from), before: Date.parse(before) });
const gainAt = (at: number, dates: Parameters<typeof fitDate>[1]) => fitDate(at, dates, parameters)?.gain;
const firstOfMarch = span('2026-03-01', '2026-03-02');
const march = span('2026-03-01', '2026-04-01');

describe('the gain of a date', () => {
  it('is whole on the day itself, a half three days from it, and next to nothing a month away', () => {
    expect(gainAt(noon('2026-03-01'), [firstOfMarch])).toBe(2);
    expect(gainAt(firstOfMarch.before + 3 * dayLength, [firstOfMarch])).toBe(1);
    expect(gainAt(firstOfMarch.from - 3 * dayLength, [firstOfMarch])).toBe(1);
    expect(gainAt(noon('2026-04-01'), [firstOfMarch])).toBeLessThan(0.01);
  });

  it('reaches half the length of a longer date', () => {
    expect(gainAt(march.before + 15.5 * dayLength, [march])).toBe(1);
  });

  it('is that of the nearest of several dates, and nothing without one', () => {
    expect(gainAt(noon('2026-03-01'), [march, span('2020-01-01', '2020-01-02')])).toBe(2);
    expect(gainAt(noon('2026-03-01'), [])).toBeUndefined();
  });

  it('comes with the date that it is of and how far it is from it, however far that is', () => {
    const near = fitDate(firstOfMarch.before + dayLength, [march, firstOfMarch], parameters);
    expect(near).toEqual({ date: march, away: 0, gain: 2 });
    const far = fitDate(noon('1926-03-01'), [firstOfMarch], parameters);
    expect(far).toMatchObject({ date: firstOfMarch, gain: 0 });
  });
});
