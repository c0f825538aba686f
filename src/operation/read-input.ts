/**
 * The door in front of every operation: reads what clients really send. Null is absent, a value is read where it can only
 * mean one thing (`tolerant-value.ts`), and fields that the operation does not have are ignored or refused
 * (`unknown-fields.ts`). What cannot be read is refused with every problem named.
 */
import type * as z from 'zod';
import { MemoryMcpError } from '../core/errors.ts';
import type { Effect } from './effect.ts';
import { describeIssue, formatPath, joinProblems, shortName, valueAt } from './input-problems.ts';
import { isObject, parseJson, readValue, type ValueReader } from './tolerant-value.ts';
import { refusalOfUnknown } from './unknown-fields.ts';

export interface OperationInput<Input extends z.ZodObject> {
  readonly name: string;
  readonly effect: Effect;
  readonly input: Input;
}

export interface ReadInput<Value> {
  readonly input: Value;
  /** The unknown fields that were left out. */
  readonly ignored: readonly string[];
}

/** Names of ignored fields that a reply lists. */
const namedFields = 10;
/** Beyond this a call is no call with a few additions. */
const unknownLimit = 100;
const describedIssues = 100;

type Problem = readonly [name: string, problem: string];

export function readInput<Input extends z.ZodObject>(
  operation: OperationInput<Input>,
  raw: unknown,
): ReadInput<z.output<Input>> {
  const problems: Problem[] = [];
  const ignored: string[] = [];
  const reader = createReader(operation, problems, ignored);
  const values = reader.members(operation.input, readArguments(operation, raw), []);
  const parsed = operation.input.safeParse(values);
  if (!parsed.success) {
    for (const issue of parsed.error.issues.slice(0, describedIssues)) {
      problems.push([formatPath(issue.path), describeIssue(issue, valueAt(values, issue.path))]);
    }
  }
  // What is left of a call that only gives unknown fields is not what its caller wanted to change.
  const misses = operation.effect !== 'read' && Object.keys(operation.input.shape).length > 0;
  if (misses && parsed.success && ignored.length > 0 && Object.keys(values).length === 0) {
    problems.push(['', 'none of the fields that were given is one of its own']);
  }
  if (parsed.success && problems.length === 0) return { input: parsed.data, ignored: nameIgnored(ignored) };
  // One of these may be what its caller meant.
  if (ignored.length > 0) problems.push(['', `unknown: ${nameIgnored(ignored).join(', ')}`]);
  throw new MemoryMcpError('invalid_input', `${operation.name}: ${joinProblems(problems)}`, {
    hint: [
      `${operation.name} takes ${listFields(operation.input)}.`,
      'clear' in operation.input.shape ? 'To remove what a field says, name it in clear.' : '',
    ]
      .join(' ')
      .trim(),
  });
}

function createReader(operation: OperationInput<z.ZodObject>, problems: Problem[], ignored: string[]): ValueReader {
  const { name: operationName, effect } = operation;
  const reader: ValueReader = {
    members({ shape }, value, path) {
      const entries = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
      const known = Object.keys(shape);
      const given = new Set(entries.map(([name]) => name).filter((name) => Object.hasOwn(shape, name)));
      const members: [string, unknown][] = [];
      if (entries.length - given.size > unknownLimit) {
        problems.push([
          formatPath(path),
          `has ${entries.length - given.size} fields that ${operationName} does not know`,
        ]);
        return {};
      }
      for (const [name, member] of entries) {
        const schema = given.has(name) ? shape[name] : undefined;
        if (schema === undefined) {
          const place = formatPath([...path, name]);
          const refusal = refusalOfUnknown(name, { operation: operationName, effect, known, given });
          if (refusal === undefined) ignored.push(place);
          else problems.push([place, refusal]);
          continue;
        }
        const read = readValue(schema, member, [...path, name], reader);
        if (read !== undefined && !isLeftBlank(schema, read, operation)) members.push([name, read]);
      }
      return Object.fromEntries(members);
    },
    refuse: (path, reason) => void problems.push([formatPath(path), reason]),
  };
  return reader;
}

/**
 * Forms and strict modes fill every field: a blank text where none is allowed is an absent argument. Not where a field
 * can be cleared, because there it may mean that.
 */
function isLeftBlank(schema: z.core.$ZodType, value: unknown, { input }: OperationInput<z.ZodObject>): boolean {
  if (typeof value !== 'string' || value.trim() !== '' || 'clear' in input.shape) return false;
  return accepts(schema, undefined) && !accepts(schema, value);
}

function readArguments({ name }: OperationInput<z.ZodObject>, raw: unknown): object {
  const value = typeof raw === 'string' ? (parseJson(raw, '{') ?? raw) : raw;
  // Some languages write an empty map as an empty list.
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return {};
  if (isObject(value)) return value;
  throw new MemoryMcpError('invalid_input', `${name}: the arguments must be a JSON object`, {
    hint: 'Give each argument by its name, for example {"limit": 5}.',
  });
}

function nameIgnored(ignored: readonly string[]): string[] {
  const names = ignored.slice(0, namedFields).map(shortName);
  return ignored.length > namedFields ? [...names, `… ${ignored.length - namedFields} more`] : names;
}

function listFields(input: z.ZodObject): string {
  const names = Object.entries(input.shape).map(([name, field]) => (accepts(field, undefined) ? `${name}?` : name));
  return names.length === 0 ? 'no arguments' : names.join(', ');
}

function accepts(schema: z.core.$ZodType, value: unknown): boolean {
  return 'safeParse' in schema && typeof schema.safeParse === 'function' && schema.safeParse(value).success === true;
}
