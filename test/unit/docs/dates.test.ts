/** docs/dates.md lists how a date range may be written: each spelling is read as the page says. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseTimeRange } from '../../../src/core/time/time-range.ts';

const place = { now: new Date('2026-11-27T03:00:00Z'), timeZone: 'Asia/Tokyo' };
const rows = readFileSync('docs/dates.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()));
const spellingsOf = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, spelling]) => spelling ?? '');
const read = rows.filter((cells) => cells.length === 5);
const refused = rows.filter((cells) => cells.length === 4);

describe('a spelling on docs/dates.md', () => {
  it.each(read.flatMap(([, spellings, from, to]) => spellingsOf(spellings).map((spelling) => [spelling, from, to])))(
    'is read as the page says: %s',
    (spelling = '', from = '', to = '') => {
      const page = { ...(from && { from: instant(from) }), ...(to && { before: instant(to, 1) }) };
      expect(parseTimeRange(spelling, place)).toEqual(page);
    },
  );

  it.each(refused.map(([, spelling = '', meanings = '']) => [spelling.replaceAll('`', ''), meanings]))(
    'is refused with the two readings of the page: %s',
    (spelling, meanings) => {
      expect(() => parseTimeRange(spelling, place)).toThrow(`can mean ${meanings}: write`);
    },
  );

  it('stands in one of its two tables', () => {
    expect([read.length > 20, refused.length > 4, read.length + refused.length]).toEqual([true, true, rows.length]);
  });
});

/** Midnight in Tokyo, so many days later. */
function instant(day: string, later = 0): string {
  return new Date(Date.parse(`${day}T00:00+09:00`) + later * 86_400_000).toISOString();
}
