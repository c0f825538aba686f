/**
 * The query string of a read as the input of its operation. Text is all that a query string holds, so the operation's
 * own schema says what is meant; what does not fit stays text, and the schema's error then names the field.
 */
import * as z from 'zod';
import { MemoryMcpError } from '../../core/errors.ts';
import type { Operation } from '../../operation/operation.ts';

/** `?limit=5&tags=food,tea&history=true`. A list is written with commas, by repeating the name, or as a JSON array. */
export function queryInput({ name, input }: Operation, query: URLSearchParams): Record<string, unknown> {
  const kinds = kindsOf(input);
  const values = new Map<string, unknown>();
  for (const field of new Set(query.keys())) {
    const given = query.getAll(field);
    const kind = kinds.get(field) ?? 'string';
    const [text = '', ...others] = given;
    if (kind === 'array') values.set(field, others.length > 0 ? given : listFrom(text));
    else if (others.length === 0) values.set(field, valueFrom(text, kind));
    else throw new MemoryMcpError('invalid_input', `${name}: ${field} is given ${given.length} times`);
  }
  return Object.fromEntries(values);
}

type Kind = 'string' | 'number' | 'boolean' | 'array';

const known = new WeakMap<z.ZodObject, ReadonlyMap<string, Kind>>();

function kindsOf(input: z.ZodObject): ReadonlyMap<string, Kind> {
  const cached = known.get(input);
  if (cached !== undefined) return cached;
  const kinds = new Map(Object.entries(input.shape).map(([field, type]) => [field, kindOf(type)]));
  known.set(input, kinds);
  return kinds;
}

function kindOf(type: z.core.$ZodType): Kind {
  const { type: own, anyOf = [] } = z.toJSONSchema(type, { io: 'input', unrepresentable: 'any' });
  const word = own ?? anyOf.map((choice) => choice.type).find((choice) => choice !== 'null');
  if (word === 'integer' || word === 'number') return 'number';
  return word === 'boolean' || word === 'array' ? word : 'string';
}

function valueFrom(text: string, kind: Kind): unknown {
  if (kind === 'number' && /^-?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  if (kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function listFrom(text: string): unknown {
  if (text.startsWith('[')) {
    try {
      return JSON.parse(text);
    } catch {
      // Not JSON, so the bracket belongs to the first item.
    }
  }
  return text.split(',').map((item) => item.trim());
}
