/**
 * Helps the loader describe invalid settings: formats values without secrets, combines all errors into one, and suggests
 * the nearest name for a typo.
 */
import { MemoryMcpError } from '../core/errors.ts';

const secretName = /key|token|secret|password|credential|auth/i;

/** Whether a name looks like that of a secret. */
export const isSecretName = (name: string): boolean => secretName.test(name);

/** Formats a value for a message: shortened, and without secrets. */
export function formatValue(value: unknown, { secret }: { secret: boolean }): string {
  if (typeof value === 'boolean' || value === null) return String(value);
  if (secret) return '(hidden)';
  const shown = JSON.stringify(value, (name, inner) => (isSecretName(name) ? '(hidden)' : inner)) ?? String(value);
  return shorten(hideCredentials(shown));
}

/** Replaces the user name and password in URLs. */
export function hideCredentials(text: string): string {
  return text.replace(/\/\/[^/\s"]*@/g, '//(hidden)@');
}

function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

/** Combines all errors into one: the user can then fix everything at once. */
export function combineErrors(errors: readonly string[], hint: string): MemoryMcpError {
  const [first = '', ...others] = errors;
  const message =
    others.length === 0
      ? first
      : `${errors.length} settings are invalid:\n${errors.map((error) => `  ${error}`).join('\n')}`;
  return new MemoryMcpError('invalid_input', message, { hint });
}

/** The candidate nearest to a mistyped name, if one is near enough. */
export function findNearestName(name: string, candidates: readonly string[]): string | undefined {
  const wanted = normalizeName(name);
  let best: { name: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, normalizeName(candidate));
    if (best === undefined || distance < best.distance) best = { name: candidate, distance };
  }
  return best !== undefined && best.distance <= Math.max(2, wanted.length / 4) ? best.name : undefined;
}

const normalizeName = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '');

/** Levenshtein distance. */
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
