/**
 * `clear`: the fields that a change empties, as nulls among the fields that it sets.
 */
import { MemoryMcpError } from '../core/errors.ts';

export type Cleared<Fields extends object, Name extends string> = {
  readonly [Field in keyof Fields]: Field extends Name ? Fields[Field] | null : Fields[Field];
};

/** Each name in `clear` becomes null. `invalid_input` for a field that is given as well. */
export function clearFields<Fields extends object, Name extends keyof Fields & string>(
  operation: string,
  fields: Fields,
  clear: readonly Name[],
): Cleared<Fields, Name> {
  const given = clear.find((name) => fields[name] !== undefined);
  if (given !== undefined) {
    throw new MemoryMcpError('invalid_input', `${operation}: ${given} is given and in clear as well`, {
      hint: 'Give its new value or name it in clear, not both.',
    });
  }
  // A name of `clear` is a field of `fields`, where null now stands.
  return { ...fields, ...Object.fromEntries(clear.map((name) => [name, null])) } as Cleared<Fields, Name>;
}
