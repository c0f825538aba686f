/** Moments as the calendar and the clock of a time zone show them, in forms that can be read back. */
import type { Timestamp } from '../memory.ts';
import { minuteLength, secondLength } from './durations.ts';
import { instantAt, wallTimeAt } from './time-zone.ts';
import { startOf, type WallTime, wallFields } from './wall-time.ts';

const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** 2026-11-28 */
export function localDate(timestamp: Timestamp, timeZone: string): string {
  return dateOf(wallTimeAt(Date.parse(timestamp), timeZone));
}

/** Saturday */
export function localWeekday(moment: Date, timeZone: string): string {
  return weekdays[wallFields(wallTimeAt(moment.getTime(), timeZone)).weekday] ?? '';
}

/** 2026-11-28T04:06:30+09:00, to the second. */
export function localMoment(moment: Date, timeZone: string): string {
  const instant = Math.floor(moment.getTime() / secondLength) * secondLength;
  return withOffset(instant, wallTimeAt(instant, timeZone), 19);
}

/** 2026-11-28T04:06:30+09:00, without seconds where they are none. The day alone where it is its midnight. */
export function localTime(timestamp: Timestamp, timeZone: string): string {
  const instant = Date.parse(timestamp);
  const wall = wallTimeAt(instant, timeZone);
  if (wall === startOf('day', wall) && instantAt(wall, timeZone) === instant) return dateOf(wall);
  return withOffset(instant, wall, wall % minuteLength === 0 ? 16 : wall % secondLength === 0 ? 19 : 23);
}

/** `length`: how many characters of the time of day and the day before it are shown. */
function withOffset(instant: number, wall: WallTime, length: 16 | 19 | 23): string {
  const offset = wall - instant;
  // Before there were zones, a place was minutes and seconds away from UTC, which ISO 8601 cannot say.
  if (offset % minuteLength !== 0) return new Date(instant).toISOString();
  const minutes = Math.abs(offset) / minuteLength;
  const [hour, minute] = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0'));
  return `${new Date(wall).toISOString().slice(0, length)}${offset < 0 ? '-' : '+'}${hour}:${minute}`;
}

function dateOf(wall: WallTime): string {
  return new Date(wall).toISOString().slice(0, 10);
}
