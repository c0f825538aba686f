/**
 * How the loader says what is wrong with a setting: which key, where it was found, its value, what is allowed. A secret
 * is never repeated, nor is anything whose key looks like one.
 */
import { MemoryMcpError } from '../core/errors.ts';

const secretName = /key|token|secret|password|credential|auth/i;

/** Whether something that is no setting is called as a secret would be. */
export const looksSecret = (name: string): boolean => secretName.test(name);

/** A value for a message: short, and never a secret. */
export function showValue(value: unknown, { secret }: { secret: boolean }): string {
  if (typeof value === 'boolean' || value === null) return String(value);
  if (secret) return '(hidden)';
  const shown = JSON.stringify(value, (name, inner) => (looksSecret(name) ? '(hidden)' : inner)) ?? String(value);
  return shorten(hideCredentials(shown));
}

/** The name and password of an address are replaced. */
export function hideCredentials(text: string): string {
  return text.replace(/\/\/[^/\s"]*@/g, '//(hidden)@');
}

function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

/** One error for everything that was found, so that a person can mend it all at once. */
export function problemsError(problems: readonly string[], hint: string): MemoryMcpError {
  const [first = '', ...others] = problems;
  const message =
    others.length === 0
      ? first
      : `${problems.length} settings cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`;
  return new MemoryMcpError('invalid_input', message, { hint });
}

/** The candidate that a mistyped name most likely means, if one is near enough. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  const wanted = plainName(name);
  let best: { name: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, plainName(candidate));
    if (best === undefined || distance < best.distance) best = { name: candidate, distance };
  }
  return best !== undefined && best.distance <= Math.max(2, wanted.length / 4) ? best.name : undefined;
}

const plainName = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '');

/** Levenshtein's distance: insertions, deletions and replacements of one character. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
