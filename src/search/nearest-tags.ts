/**
 * Tags that are spelt like others: allergies and allergy, 寿司 and お寿司, work and worked.
 */
import { editDistance } from '../core/text/edit-distance.ts';
import { foldText } from '../core/text/spellings.ts';
import { stemOf } from '../core/text/stemming.ts';

const shownTags = 5;

/** Those of `existing` that come nearest to the tags asked for, nearest first; none for a tag that exists. */
export function findNearestTags(asked: readonly string[], existing: readonly string[]): string[] {
  const known = new Map(existing.toReversed().map((tag) => [foldText(tag), tag]));
  const missing = asked.map(foldText).filter((tag) => !known.has(tag));
  const near = [...known].flatMap(([folded, tag]) => {
    const distance = Math.min(...missing.map((other) => distanceBetween(folded, other)));
    return distance <= 2 ? [{ tag, distance }] : [];
  });
  return near
    .sort((one, other) => one.distance - other.distance)
    .slice(0, shownTags)
    .map(({ tag }) => tag);
}

/** 0 for the same stem, 1 for one that holds the other, 2 for a misspelling. */
function distanceBetween(one: string, other: string): number {
  if (stemOf(one) === stemOf(other)) return 0;
  const [shorter, longer] = one.length <= other.length ? [one, other] : [other, one];
  if (shorter.length >= 2 && longer.includes(shorter)) return 1;
  const allowed = longer.length >= 6 ? 2 : 1;
  return shorter.length >= 3 && editDistance(one, other) <= allowed ? 2 : Number.POSITIVE_INFINITY;
}
