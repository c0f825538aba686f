/**
 * The JSON Schema of an operation's input as clients are given it: within what all of them can read. Some refuse every
 * tool for one keyword they do not know (`propertyNames`), for a boolean `additionalProperties`, or for a long
 * `maxLength`. Lengths of texts are left out too, to keep the list of tools short. `invoke` checks what is left out.
 */
import * as z from 'zod';

type Schema = z.core.JSONSchema.JSONSchema;

/** From this on the description says how long a text may be. */
const longText = 2_000;

export function publishedSchema(input: z.ZodObject): Schema {
  return simplify(z.toJSONSchema(input, { io: 'input' }));
}

function simplify(schema: Schema): Schema {
  const { $schema, additionalProperties, propertyNames, minLength, maxLength, maximum, ...kept } = schema;
  const { properties, items, anyOf, description } = kept;
  return {
    ...kept,
    ...(maxLength !== undefined &&
      maxLength >= longText && {
        description: `${description ?? ''} At most ${maxLength.toLocaleString('en-US')} characters.`.trim(),
      }),
    // zod writes the greatest safe integer where there is no limit.
    ...(maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER && { maximum }),
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, member]) => [name, simplifyMember(member)]),
      ),
    }),
    ...(items !== undefined && { items: Array.isArray(items) ? items.map(simplifyMember) : simplifyMember(items) }),
    ...(anyOf !== undefined && { anyOf: anyOf.map(simplifyMember) }),
  };
}

function simplifyMember<Member extends Schema | boolean>(member: Member): Schema | Member {
  return typeof member === 'boolean' ? member : simplify(member);
}
