/** Reads the times that other programs write: ISO 8601, with an offset or as a clock in a given time zone showed them. */
import type { Timestamp } from '../memory.ts';
import { instantAt } from './time-zone.ts';

const form = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?) ?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** Undefined for what is no time. A day alone is its midnight in `timeZone`. */
export function parseInstant(text: string, timeZone: string): Timestamp | undefined {
  const [, day, time = '00:00', offset] = form.exec(text.trim()) ?? [];
  if (day === undefined) return undefined;
  const zone =
    offset === undefined
      ? 'Z'
      : offset.replace(/^([+-]\d\d):?(\d\d)?$/, (_, hours, minutes = '00') => `${hours}:${minutes}`);
  const parsed = Date.parse(`${day}T${time.replace(',', '.')}${zone.toUpperCase()}`);
  if (Number.isNaN(parsed)) return undefined;
  return new Date(offset === undefined ? instantAt(parsed, timeZone) : parsed).toISOString();
}
