/**
 * update_context: changes what is known about the user and the persona, and the persona's current state.
 */
import * as z from 'zod';
import { stateLimit } from '../core/memory-fields.ts';
import type { CommitmentChange } from '../service/commitments.ts';
import { changeContext } from '../service/context.ts';
import { listNames, recordNames, stateNames } from '../service/persona-context.ts';
import { clearFields } from './clear-fields.ts';
import { commitmentStatus, personaContext } from './context-schema.ts';
import { defineOperation } from './operation.ts';
import { clearable, stateChangeFields } from './vocabulary.ts';

const deepestRecord = 10;

const record = z
  .record(z.string().min(1).max(100), z.unknown())
  .refine((value) => isShallow(value, deepestRecord), `must not be nested deeper than ${deepestRecord} levels`)
  .optional();
const commitmentText = z.string().trim().min(1).max(stateLimit);
const commitments = z
  .array(z.union([commitmentText, z.strictObject({ text: commitmentText, status: commitmentStatus.default('open') })]))
  .max(50)
  .optional();

export const updateContext = defineOperation({
  name: 'update_context',
  title: 'Update the context',
  description:
    'Notes the present state and lasting facts that get_context returns at the start of every session. Given fields ' +
    'are merged, clear empties some. Single facts and events belong into memory_create instead. Returns what is noted ' +
    'now.',
  effect: 'write',
  set: 'core',
  creates: true,
  idempotent: true,
  input: z.strictObject({
    ...stateChangeFields,
    user_info: record.describe('Names in it merge, null removes one: {"name": "葵", "city": null}.'),
    persona_info: record,
    preferences: record.describe('For example {"loves": ["tea"], "dislikes": ["noise"]}.'),
    goals: commitments.describe('New goals as text; {"text": "…", "status": "done"} closes one.'),
    promises: commitments,
    clear: clearable([...stateNames, ...recordNames, ...listNames]).describe(
      'Fields to empty; open goals become dropped.',
    ),
  }),
  output: z.strictObject({ context: personaContext }),
  async run({ clear = [], ...fields }, scope) {
    const change = clearFields('update_context', fields, clear);
    const context = await changeContext(scope, {
      state: pick(change, stateNames),
      records: pick(change, recordNames),
      lists: Object.fromEntries(
        Object.entries(pick(change, listNames)).map(([name, entries]) => [
          name,
          entries === null ? null : entries.map(toCommitment),
        ]),
      ),
    });
    return { context };
  },
});

function toCommitment(entry: string | CommitmentChange): CommitmentChange {
  return typeof entry === 'string' ? { text: entry, status: 'open' } : entry;
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((member) => isShallow(member, levels - 1));
}

/** Those of the named fields that are present. */
function pick<Input extends object, Name extends keyof Input>(
  input: Input,
  names: readonly Name[],
): { [Field in Name]?: Exclude<Input[Field], undefined> } {
  const picked: { [Field in Name]?: Exclude<Input[Field], undefined> } = {};
  for (const name of names) {
    const value = input[name];
    // `value` is not undefined here, but the compiler does not narrow a generic index.
    if (value !== undefined) picked[name] = value as Exclude<Input[Name], undefined>;
  }
  return picked;
}
