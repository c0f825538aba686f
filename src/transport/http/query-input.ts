/**
 * Converts a query string to the input of an operation. Values are parsed by the types in the operation's schema. A value
 * that cannot be parsed stays text, and schema validation then reports the field.
 */
import * as z from 'zod';
import { MemoryMcpError } from '../../core/errors.ts';
import type { Operation } from '../../operation/operation.ts';

/**
 * For example `?limit=5&tags=food,tea&history=true`. A list is separated by commas, a repeated name, or a JSON array.
 */
export function parseQueryInput({ name, input }: Operation, query: URLSearchParams): Record<string, unknown> {
  const kinds = readKinds(input);
  const values = new Map<string, unknown>();
  for (const field of new Set(query.keys())) {
    const texts = query.getAll(field);
    const kind = kinds.get(field) ?? 'string';
    const [text = '', ...others] = texts;
    if (kind === 'array') values.set(field, others.length > 0 ? texts : parseList(text));
    else if (others.length === 0) values.set(field, parseValue(text, kind));
    else throw new MemoryMcpError('invalid_input', `${name}: ${field} is given ${texts.length} times`);
  }
  return Object.fromEntries(values);
}

type Kind = 'string' | 'number' | 'boolean' | 'array';

const known = new WeakMap<z.ZodObject, ReadonlyMap<string, Kind>>();

function readKinds(input: z.ZodObject): ReadonlyMap<string, Kind> {
  const cached = known.get(input);
  if (cached !== undefined) return cached;
  const kinds = new Map(Object.entries(input.shape).map(([field, type]) => [field, detectKind(type)]));
  known.set(input, kinds);
  return kinds;
}

function detectKind(type: z.core.$ZodType): Kind {
  const { type: own, anyOf = [] } = z.toJSONSchema(type, { io: 'input', unrepresentable: 'any' });
  const word = own ?? anyOf.map((choice) => choice.type).find((choice) => choice !== 'null');
  if (word === 'integer' || word === 'number') return 'number';
  return word === 'boolean' || word === 'array' ? word : 'string';
}

function parseValue(text: string, kind: Kind): unknown {
  if (kind === 'number' && /^-?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  if (kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function parseList(text: string): unknown {
  if (text.startsWith('[')) {
    try {
      return JSON.parse(text);
    } catch {
      // Not JSON: the bracket is part of the first item.
    }
  }
  return text.split(',').map((item) => item.trim());
}
