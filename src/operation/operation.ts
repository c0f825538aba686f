/**
 * An operation is declared once as data: name, description, schemas, effect and implementation. MCP tools, the HTTP API,
 * the CLI and the docs are generated from it. Callers use `invoke`, which reads the input (`read-input.ts`) before anything
 * is opened and validates the result before it is returned. Input fields that were ignored are named in the reply.
 */
import type * as z from 'zod';
import { MemoryMcpError } from '../core/errors.ts';
import { visibleValue } from '../core/text/visible-text.ts';
import type { Scope } from '../persona/scope.ts';
import type { Effect } from './effect.ts';
import { readInput } from './read-input.ts';

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
      const { input, ignored } = readInput(definition, rawInput);
      const result = await openScope(
        { effect: definition.effect, creates: definition.creates === true, signal },
        async (scope) => run(input, scope),
      ).catch((error: unknown) => {
        throw ignored.length > 0 ? nameUnknown(error, ignored) : error;
      });
      const reply = visibleValue(parseOutput(definition, result));
      return ignored.length === 0 ? reply : { ...reply, ignored };
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

/** One of the fields that were ignored may be what its caller meant. */
function nameUnknown(error: unknown, ignored: readonly string[]): unknown {
  if (!(error instanceof MemoryMcpError) || error.code !== 'invalid_input') return error;
  const hint = [error.hint, `Unknown, and ignored: ${ignored.join(', ')}.`]
    .filter((text) => text !== undefined)
    .join(' ');
  return new MemoryMcpError(error.code, error.message, { hint, cause: error });
}

function parseOutput<Output extends z.ZodObject>(operation: { name: string; output: Output }, result: unknown): Result {
  const parsed = operation.output.safeParse(result);
  if (parsed.success) return parsed.data;
  throw new MemoryMcpError('internal', `${operation.name} produced a reply that does not match its schema`, {
    cause: parsed.error,
  });
}
