/**
 * Converts a query string to the input of an operation. Values stay text, which every operation reads by its schema. Only
 * a list has forms of its own here: separated by commas, a repeated name, or a JSON array.
 */
import * as z from 'zod';
import { MemoryMcpError } from '../../core/errors.ts';
import type { Operation } from '../../operation/operation.ts';

/** For example `?limit=5&tags=food,tea&history=true`. */
export function parseQueryInput({ name, input }: Operation, query: URLSearchParams): Record<string, unknown> {
  const values = new Map<string, unknown>();
  for (const field of new Set(query.keys())) {
    const texts = query.getAll(field);
    const [text = '', ...others] = texts;
    if (isList(input, field)) values.set(field, others.length > 0 ? texts : splitList(text));
    else if (others.length === 0) values.set(field, text);
    else throw new MemoryMcpError('invalid_input', `${name}: ${field} is given ${texts.length} times`);
  }
  return Object.fromEntries(values);
}

function isList({ shape }: z.ZodObject, field: string): boolean {
  let schema: unknown = Object.hasOwn(shape, field) ? shape[field] : undefined;
  while (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) schema = schema.def.innerType;
  return schema instanceof z.ZodArray;
}

function splitList(text: string): unknown {
  return text.startsWith('[') ? text : text.split(',').map((item) => item.trim());
}
