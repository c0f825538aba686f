/**
 * The value of a setting together with its source. The readers of the file, the variables and the flags each return a
 * list of values and of errors, which `load.ts` merges. Each value is validated on its own, which lets an error name the
 * source.
 */
import type { z } from 'zod';
import { formatValue, isSecretName } from './config-errors.ts';
import type { Setting } from './setting.ts';

export interface Source {
  readonly from: 'flag' | 'environment' | 'file' | 'default';
  /** `--port`, `MEMORY_MCP_SERVER_PORT` or the path of the file. Absent for a default. */
  readonly name?: string;
}

export interface SettingValue {
  readonly setting: Setting;
  readonly value: unknown;
  readonly source: Source;
}

/** The result of reading one source. `errors` stop the program, `warnings` do not. */
export interface Reading {
  readonly values: SettingValue[];
  readonly errors: string[];
  readonly warnings: string[];
  /** Legacy keys and variables that were found. */
  readonly legacyNames: string[];
}

export const createReading = (): Reading => ({ values: [], errors: [], warnings: [], legacyNames: [] });

/** The parsed value, or messages that say why it is invalid. */
export function parseSettingValue({ setting, value, source }: SettingValue): { value: unknown } | { errors: string[] } {
  const result = setting.type.safeParse(value);
  if (result.success) return { value: result.data };
  return { errors: result.error.issues.map((issue) => describeIssue(issue, { setting, value, source })) };
}

function describeIssue(issue: z.core.$ZodIssue, { setting, value, source }: SettingValue): string {
  const inner = issue.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  const key = `${setting.key}${inner}`;
  const subject = source.from === 'file' ? `${key} in ${source.name}` : `${source.name} (${key})`;
  const shown = formatValue(getAtPath(value, issue.path), { secret: isSecretPart(setting, issue.path) });
  const detail = issue.path.length > 0 || issue.code === 'custom' ? ` (${issue.message})` : '';
  return `${subject} is ${shown}${detail}; allowed: ${setting.allowed}`;
}

/** Parts of a secret setting are shown only if their name is harmless, such as the personas of a token. */
function isSecretPart(setting: Setting, path: readonly PropertyKey[]): boolean {
  if (setting.secret !== true) return false;
  const names = path.filter((step) => typeof step === 'string');
  return names.length === 0 || names.some(isSecretName);
}

/** The value at a path inside `value`; undefined if there is none. */
export function getAtPath(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, step) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined),
    value,
  );
}

/** Sets the value at a path. Nested objects are copied, not modified. */
export function valueAtPath(tree: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (typeof inner === 'object' && inner !== null ? Object(inner)[name] : undefined),
    tree,
  );
}

export function setAtPath(tree: Record<string, unknown>, [name, ...rest]: readonly string[], value: unknown): void {
  if (name === undefined) return;
  if (rest.length === 0) {
    tree[name] = value;
    return;
  }
  const inner: Record<string, unknown> = { ...(typeof tree[name] === 'object' ? tree[name] : {}) };
  setAtPath(inner, rest, value);
  tree[name] = inner;
}
