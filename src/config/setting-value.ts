/**
 * A value that somebody gave to a setting, and who. The readers of the file, of variables and of flags each yield a list
 * of these and a list of what was wrong; `load.ts` puts them in order. Here a value is checked by itself, so that an
 * error names the place it came from.
 */
import type { z } from 'zod';
import { looksSecret, showValue } from './config-errors.ts';
import type { Setting } from './setting.ts';

export interface Source {
  readonly from: 'flag' | 'environment' | 'file' | 'default';
  /** `--port`, `MEMORY_MCP_SERVER_PORT` or the path of the file; absent for a default. */
  readonly name?: string;
}

export interface Given {
  readonly setting: Setting;
  readonly value: unknown;
  readonly source: Source;
}

/** What reading one source came to. `problems` stop the program, `warnings` do not. */
export interface Reading {
  readonly given: Given[];
  readonly problems: string[];
  readonly warnings: string[];
  /** Names that only the original system knows. */
  readonly retired: string[];
}

export const emptyReading = (): Reading => ({ given: [], problems: [], warnings: [], retired: [] });

/** The value as its type wants it, or the sentences that say why not. */
export function checkGiven({ setting, value, source }: Given): { value: unknown } | { problems: string[] } {
  const result = setting.type.safeParse(value);
  if (result.success) return { value: result.data };
  return { problems: result.error.issues.map((issue) => describeIssue(issue, { setting, value, source })) };
}

function describeIssue(issue: z.core.$ZodIssue, { setting, value, source }: Given): string {
  const inner = issue.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  const key = `${setting.key}${inner}`;
  const subject = source.from === 'file' ? `${key} in ${source.name}` : `${source.name} (${key})`;
  const shown = showValue(valueAt(value, issue.path), { secret: isSecretPart(setting, issue.path) });
  const detail = issue.path.length > 0 || issue.code === 'custom' ? ` (${issue.message})` : '';
  return `${subject} is ${shown}${detail}; allowed: ${setting.allowed}`;
}

/** Of a secret setting only parts with a harmless name may be shown, such as the personas of a token. */
function isSecretPart(setting: Setting, path: readonly PropertyKey[]): boolean {
  if (setting.secret !== true) return false;
  const names = path.filter((step) => typeof step === 'string');
  return names.length === 0 || names.some(looksSecret);
}

/** What lies at a path below a value; undefined where there is nothing. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, step) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined),
    value,
  );
}

/** Puts a value at a path; objects on the way are copied, never changed. */
export function placeAt(tree: Record<string, unknown>, [name, ...rest]: readonly string[], value: unknown): void {
  if (name === undefined) return;
  if (rest.length === 0) {
    tree[name] = value;
    return;
  }
  const inner: Record<string, unknown> = { ...(typeof tree[name] === 'object' ? tree[name] : {}) };
  placeAt(inner, rest, value);
  tree[name] = inner;
}
