/**
 * Makes every text of a result harmless to look at, whatever was stored: the last step of each invocation.
 */
import { visibleText } from '../core/visible-text.ts';
import type { Result } from './operation.ts';

export function visibleResult(result: Result): Result {
  return Object.fromEntries(Object.entries(result).map(([name, value]) => [name, visibleValue(value)]));
}

function visibleValue(value: unknown): unknown {
  if (typeof value === 'string') return visibleText(value);
  if (Array.isArray(value)) return value.map(visibleValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [visibleText(name), visibleValue(inner)]));
}
