/**
 * An operation is a datum: name, text, schemas, effect and what it runs. `invoke` is the only gate to one: it parses
 * the input before anything is opened, and the result before anybody sees it. Transports, commands and docs project.
 */
import type * as z from 'zod';
import { MemoryMcpError } from '../core/errors.ts';
import { visibleValue } from '../core/text/visible-text.ts';
import type { Scope } from '../persona/scope.ts';

/** `read` changes nothing a user could see, `write` can be undone, `destroy` takes something away. */
export type Effect = 'read' | 'write' | 'destroy';

export interface Definition<Input extends z.ZodObject, Output extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly effect: Effect;
  /** `core` is offered everywhere, `full` only with the full tool set, by `call` and by the API. */
  readonly set: 'core' | 'full';
  /** True if the operation may create the persona. All others leave a persona that does not exist alone. */
  readonly creates?: true;
  /** True where calling twice with the same arguments is calling once. */
  readonly idempotent?: boolean;
  readonly input: Input;
  readonly output: Output;
  run(input: z.output<Input>, scope: Scope): Promise<DeepReadonly<z.input<Output>>> | DeepReadonly<z.input<Output>>;
}

type DeepReadonly<Value> = Value extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : Value extends object
    ? { readonly [Name in keyof Value]: DeepReadonly<Value[Name]> }
    : Value;

export type Result = Readonly<Record<string, unknown>>;

/** Opens what the effect needs and closes it after the work: the composition root's part of an invocation. */
export type OpenScope = <Value>(access: Access, work: (scope: Scope) => Promise<Value>) => Promise<Value>;

export interface Access {
  readonly effect: Effect;
  readonly creates?: boolean;
}

export interface Operation extends Omit<Definition<z.ZodObject, z.ZodObject>, 'run' | 'output'> {
  readonly output: z.ZodObject;
  /** Parses, runs, checks. Use `invoke`. */
  perform(rawInput: unknown, openScope: OpenScope): Promise<Result>;
}

export function defineOperation<Input extends z.ZodObject, Output extends z.ZodObject>(
  definition: Definition<Input, Output>,
): Operation {
  const { run, ...declared } = definition;
  return {
    ...declared,
    async perform(rawInput, openScope) {
      const input = parseInput(definition, rawInput);
      const result = await openScope(
        { effect: definition.effect, creates: definition.creates === true },
        async (scope) => run(input, scope),
      );
      return visibleValue(parseOutput(definition, result));
    },
  };
}

export function invoke(operation: Operation, rawInput: unknown, openScope: OpenScope): Promise<Result> {
  return operation.perform(rawInput, openScope);
}

/** A problem may name every unknown member, as long as each may be; the next problem should be seen, too. */
const problemLimit = 250;

function parseInput<Input extends z.ZodObject>(
  operation: { name: string; input: Input },
  raw: unknown,
): z.output<Input> {
  const parsed = operation.input.safeParse(raw ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, 3).map(({ path, message }) => {
    const problem = `${pathOf(path)}${message}`;
    return problem.length > problemLimit ? `${problem.slice(0, problemLimit)}…` : problem;
  });
  throw new MemoryMcpError('invalid_input', `${operation.name}: ${problems.join('; ')}`, {
    hint: `${operation.name} takes ${fieldList(operation.input)}.`,
  });
}

function parseOutput<Output extends z.ZodObject>(operation: { name: string; output: Output }, result: unknown): Result {
  const parsed = operation.output.safeParse(result);
  if (parsed.success) return parsed.data;
  throw new MemoryMcpError('internal', `${operation.name} produced a reply that does not fit its own schema`, {
    cause: parsed.error,
  });
}

function pathOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return '';
  return `${path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`)).join('')}: `;
}

function fieldList(input: z.ZodObject): string {
  const names = Object.entries(input.shape).map(([name, field]) => (isOptional(field) ? `${name}?` : name));
  return names.length === 0 ? 'no arguments' : names.join(', ');
}

function isOptional(field: unknown): boolean {
  return typeof field === 'object' && field !== null && 'safeParse' in field && typeof field.safeParse === 'function'
    ? field.safeParse(undefined).success
    : false;
}
