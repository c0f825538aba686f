/**
 * An operation is declared once as data: name, description, schemas, effect and implementation. MCP tools, the HTTP API,
 * the CLI and the docs are generated from it. Callers use `invoke`, which validates the input before anything is opened
 * and the result before it is returned.
 */
import type * as z from 'zod';
import { MemoryMcpError } from '../core/errors.ts';
import { visibleValue } from '../core/text/visible-text.ts';
import type { Scope } from '../persona/scope.ts';

/** `read` changes nothing that a user can see, `write` can be undone, `destroy` removes or replaces something. */
export type Effect = 'read' | 'write' | 'destroy';

export interface Definition<Input extends z.ZodObject, Output extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly effect: Effect;
  /** `core` operations are always offered as tools, `full` ones only with the full tool set. `call` and the API offer both. */
  readonly set: 'core' | 'full';
  /** True if the operation may create the persona. Other operations never create one. */
  readonly creates?: true;
  /** True if a second call with the same arguments changes nothing. */
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

/** Opens the scope that the effect needs, and keeps it open during the work. Provided by `app.ts`. */
export type OpenScope = <Value>(access: Access, work: (scope: Scope) => Promise<Value>) => Promise<Value>;

export interface Access {
  readonly effect: Effect;
  readonly creates?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface Operation extends Omit<Definition<z.ZodObject, z.ZodObject>, 'run' | 'output'> {
  readonly output: z.ZodObject;
  /** Validates the input, runs the operation and validates the result. Call it through `invoke`. */
  perform(rawInput: unknown, openScope: OpenScope, signal?: AbortSignal): Promise<Result>;
}

export function defineOperation<Input extends z.ZodObject, Output extends z.ZodObject>(
  definition: Definition<Input, Output>,
): Operation {
  const { run, ...declared } = definition;
  return {
    ...declared,
    async perform(rawInput, openScope, signal) {
      const input = parseInput(definition, rawInput);
      const result = await openScope(
        { effect: definition.effect, creates: definition.creates === true, signal },
        async (scope) => run(input, scope),
      );
      return visibleValue(parseOutput(definition, result));
    },
  };
}

export function invoke(
  operation: Operation,
  rawInput: unknown,
  openScope: OpenScope,
  signal?: AbortSignal,
): Promise<Result> {
  return operation.perform(rawInput, openScope, signal);
}

/** Zod lists every unknown property, whose names can be long. The limit leaves room for the other messages. */
const messageLimit = 250;

function parseInput<Input extends z.ZodObject>(
  operation: { name: string; input: Input },
  raw: unknown,
): z.output<Input> {
  const parsed = operation.input.safeParse(raw ?? {});
  if (parsed.success) return parsed.data;
  const messages = parsed.error.issues.slice(0, 3).map(({ path, message }) => {
    const full = `${formatPath(path)}${message}`;
    return full.length > messageLimit ? `${full.slice(0, messageLimit)}…` : full;
  });
  throw new MemoryMcpError('invalid_input', `${operation.name}: ${messages.join('; ')}`, {
    hint: `${operation.name} takes ${listFields(operation.input)}.`,
  });
}

function parseOutput<Output extends z.ZodObject>(operation: { name: string; output: Output }, result: unknown): Result {
  const parsed = operation.output.safeParse(result);
  if (parsed.success) return parsed.data;
  throw new MemoryMcpError('internal', `${operation.name} produced a reply that does not match its schema`, {
    cause: parsed.error,
  });
}

function formatPath(path: readonly PropertyKey[]): string {
  if (path.length === 0) return '';
  return `${path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`)).join('')}: `;
}

function listFields(input: z.ZodObject): string {
  const names = Object.entries(input.shape).map(([name, field]) => (isOptional(field) ? `${name}?` : name));
  return names.length === 0 ? 'no arguments' : names.join(', ');
}

function isOptional(field: unknown): boolean {
  return typeof field === 'object' && field !== null && 'safeParse' in field && typeof field.safeParse === 'function'
    ? field.safeParse(undefined).success
    : false;
}
