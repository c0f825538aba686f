import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantAt, wallTimeAt } from '../../../../src/core/time/time-zone.ts';
import { addUnits, wallTime } from '../../../../src/core/time/wall-time.ts';

const hour = 3_600_000;
const clock = (iso: string) => Date.parse(`${iso}Z`);

describe('the clock of a place', () => {
  it.each([
    ['Asia/Tokyo', '2026-03-11T15:30:00.123Z', '2026-03-12T00:30:00.123'],
    ['America/New_York', '2026-03-08T06:59:59Z', '2026-03-08T01:59:59'],
    ['America/New_York', '2026-03-08T07:00:00Z', '2026-03-08T03:00:00'],
    ['Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25T02:30:00'],
    ['Europe/Berlin', '2026-10-25T01:30:00Z', '2026-10-25T02:30:00'],
    ['Australia/Lord_Howe', '2026-10-03T15:30:00Z', '2026-10-04T02:30:00'],
    ['Asia/Kathmandu', '2026-01-01T00:00:00Z', '2026-01-01T05:45:00'],
    ['UTC', '1969-12-31T23:59:59.999Z', '1969-12-31T23:59:59.999'],
  ])('%s at %s shows %s', (timeZone, instant, shown) => {
    expect(wallTimeAt(Date.parse(instant), timeZone)).toBe(clock(shown));
  });

  it.each([
    ['the earlier instant of a time shown twice', 'Europe/Berlin', '2026-10-25T02:30:00', '2026-10-25T00:30:00Z'],
    ['the time after the jump for one that is skipped', 'Europe/Berlin', '2026-03-29T02:30:00', '2026-03-29T01:30:00Z'],
    ['the first moment of a day without midnight', 'Asia/Beirut', '2026-03-29T00:00:00', '2026-03-28T22:00:00Z'],
    ['a plain time', 'Asia/Tokyo', '2026-03-11T00:00:00', '2026-03-10T15:00:00Z'],
  ])('gives %s', (_, timeZone, shown, instant) => {
    expect(new Date(instantAt(clock(shown), timeZone)).toISOString()).toBe(new Date(instant).toISOString());
  });

  it('goes to an instant and back, but for the hour that is shown twice', () => {
    const zones = [
      'Asia/Tokyo',
      'America/New_York',
      'Europe/Berlin',
      'Australia/Lord_Howe',
      'America/St_Johns',
      'Pacific/Apia',
    ];
    const instant = fc.date({
      min: new Date('1970-01-02T00:00:00Z'),
      max: new Date('2037-12-31T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(fc.constantFrom(...zones), instant, (timeZone, date) => {
        const back = instantAt(wallTimeAt(date.getTime(), timeZone), timeZone);
        const late = date.getTime() - back;
        expect(
          late === 0 ||
            (late > 0 && late <= hour && wallTimeAt(back, timeZone) === wallTimeAt(date.getTime(), timeZone)),
        ).toBe(true);
      }),
    );
  });
});

describe('calendar arithmetic', () => {
  it.each([
    ['a month after 31 January', wallTime(2026, 1, 31), 1, 'month', wallTime(2026, 2, 28)],
    ['a month before 31 March of a leap year', wallTime(2024, 3, 31), -1, 'month', wallTime(2024, 2, 29)],
    ['a year after a leap day', wallTime(2024, 2, 29), 1, 'year', wallTime(2025, 2, 28)],
    ['13 months before January', wallTime(2026, 1, 15, hour), -13, 'month', wallTime(2024, 12, 15, hour)],
    ['a day after the last of the year', wallTime(2026, 12, 31), 1, 'day', wallTime(2027, 1, 1)],
    ['two weeks before', wallTime(2026, 1, 8), -2, 'week', wallTime(2025, 12, 25)],
  ] as const)('finds %s', (_, from, count, unit, expected) => {
    expect(new Date(addUnits(from, count, unit)).toISOString()).toBe(new Date(expected).toISOString());
  });
});
