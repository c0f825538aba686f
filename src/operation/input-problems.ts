/**
 * Says what is wrong with an argument, in words about the argument and not about a schema: "keys: has 21 entries, at most
 * 20 are allowed". All problems are named, in bounded length.
 */
import type * as z from 'zod';
import { quoteForMessage, visibleText } from '../core/text/visible-text.ts';

type Issue = z.core.$ZodIssue;

/** In characters. An error message may have 900, with the name of the operation. */
const messageLimit = 700;
const nameLimit = 60;

/** `given` is the value that has the issue. */
export function describeIssue(issue: Issue, given: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return given === undefined ? 'is missing' : `must be ${nameKind(issue.expected)}, not ${show(given)}`;
    case 'invalid_value':
      return given === undefined
        ? 'is missing'
        : `must be ${listChoices(issue.values.map((value) => JSON.stringify(value)))}, not ${show(given)}`;
    case 'too_big':
      return describeSize(issue.origin, given, 'at most', issue.maximum);
    case 'too_small':
      return describeSize(issue.origin, given, 'at least', issue.minimum);
    case 'invalid_union':
      return given === undefined ? 'is missing' : describeUnion(issue, given);
    default:
      return issue.message;
  }
}

/** The problems in one line. Of those that have no room the field is named. */
export function joinProblems(problems: readonly (readonly [name: string, problem: string])[]): string {
  const lines = problems.map(([name, problem]) => (name === '' ? problem : `${shortName(name)}: ${problem}`));
  let used = 0;
  const shown = lines.filter((line, index) => {
    used += line.length + 2;
    return index === 0 || used <= messageLimit;
  });
  const others = [...new Set(problems.slice(shown.length).map(([name]) => shortName(name.replace(/[.[].*$/s, ''))))];
  const text = shown.map((line) => cut(line, messageLimit)).join('; ');
  return others.length === 0 ? text : `${text}; and ${cut(others.join(', '), 100)}`;
}

export function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

/** The value at a path; undefined if there is none. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, part) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, part) : undefined),
    value,
  );
}

export function shortName(name: string): string {
  return visibleText(cut(name, nameLimit));
}

function describeUnion({ errors }: Extract<Issue, { code: 'invalid_union' }>, given: unknown): string {
  // The choice that has the right kind says more than the others.
  const inner = errors.find((issues) => issues.every(({ code, path }) => code !== 'invalid_type' || path.length > 0));
  const [first] = inner ?? [];
  if (first === undefined) return `must be a string or an object, not ${show(given)}`;
  const problem = describeIssue(first, valueAt(given, first.path));
  return first.path.length === 0 ? problem : `${formatPath(first.path)}: ${problem}`;
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'an integer',
  boolean: 'a boolean, true or false',
  array: 'an array',
  object: 'an object',
  record: 'an object',
};

function nameKind(expected: string): string {
  return kinds[expected] ?? expected;
}

function describeSize(origin: string, given: unknown, bound: 'at least' | 'at most', limit: number | bigint): string {
  const number = limit.toLocaleString('en-US');
  if (origin === 'string' && typeof given === 'string') {
    if (given.trim() === '') return 'must not be empty';
    return `has ${given.length.toLocaleString('en-US')} characters, ${bound} ${number} are allowed`;
  }
  if (origin === 'array' && Array.isArray(given)) {
    if (given.length === 0) return 'must not be empty';
    return `has ${given.length.toLocaleString('en-US')} entries, ${bound} ${number} are allowed`;
  }
  return `must be ${bound} ${number}, not ${show(given)}`;
}

function listChoices(choices: readonly string[]): string {
  return choices.length < 2 ? choices.join('') : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
}

function show(value: unknown): string {
  if (typeof value === 'string') return quoteForMessage(value, 40);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
