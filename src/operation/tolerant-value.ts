/**
 * Reads a value by the schema of its field where it can only mean one thing: a number or boolean written as text, a list
 * or an object as JSON text, one text where a list is meant. Anything else is left as it is, for the schema to refuse.
 */
import * as z from 'zod';

/** JSON text beyond this is not parsed. No list or object may be as long. */
const longestJson = 200_000;

export interface ValueReader {
  /** Splits the members of an object into those that its schema has, read, and others. */
  members(schema: z.ZodObject, value: object, path: readonly PropertyKey[]): object;
  /** Notes that the value at the path cannot be kept. */
  refuse(path: readonly PropertyKey[], reason: string): void;
}

type Path = readonly PropertyKey[];

/** `undefined` stands for an absent value. */
export function readValue(schema: z.core.$ZodType, value: unknown, path: Path, reader: ValueReader): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable) {
    return value === null ? undefined : readValue(schema.def.innerType, value, path, reader);
  }
  if (schema instanceof z.ZodNumber) return typeof value === 'string' ? readNumber(value) : value;
  if (schema instanceof z.ZodBoolean) return typeof value === 'string' ? readBoolean(value) : value;
  if (schema instanceof z.ZodEnum) return typeof value === 'string' ? readChoice(value, schema.options) : value;
  if (schema instanceof z.ZodArray) {
    const list = readList(value);
    if (!Array.isArray(list)) return list;
    return list.map((item, index) => readValue(schema.def.element, item, [...path, index], reader));
  }
  if (schema instanceof z.ZodObject || schema instanceof z.ZodRecord) {
    const object = typeof value === 'string' ? (parseJson(value, '{') ?? value) : value;
    if (!isObject(object)) return object;
    if (schema instanceof z.ZodObject) return reader.members(schema, object, path);
    // The schema of a record drops it without a word.
    if (Object.hasOwn(object, '__proto__')) reader.refuse([...path, '__proto__'], 'is a name that cannot be kept');
    return object;
  }
  if (schema instanceof z.ZodUnion) return readUnion(schema, value, path, reader);
  return value;
}

/** A text may be one of the choices or JSON of an object that is one; an object is read as the choice it is. */
function readUnion({ options }: z.ZodUnion, value: unknown, path: Path, reader: ValueReader): unknown {
  const object = typeof value === 'string' ? parseJson(value, '{') : value;
  const choice = isObject(object) ? options.find((option) => option instanceof z.ZodObject) : undefined;
  return choice === undefined ? value : readValue(choice, object, path, reader);
}

function readNumber(text: string): unknown {
  const plain = text.normalize('NFKC').trim();
  return /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?$/i.test(plain) ? Number(plain) : text;
}

function readBoolean(text: string): unknown {
  const word = text.trim().toLowerCase();
  return word === 'true' || word === 'false' ? word === 'true' : text;
}

function readChoice(text: string, options: readonly unknown[]): unknown {
  const word = text.trim().toLowerCase();
  return options.includes(word) ? word : text;
}

/** A text in brackets that is no JSON is left alone: it was meant as a list, and not as one element. */
function readList(value: unknown): unknown {
  if (typeof value === 'string') {
    const list = parseJson(value, '[');
    if (list !== undefined) return list;
    return value.trim() === '' || /^\s*\[.*\]\s*$/s.test(value) ? value : [value];
  }
  return isObject(value) ? [value] : value;
}

/** The value of a JSON text that begins with `opening`; undefined if it is none. */
export function parseJson(text: string, opening: '[' | '{'): unknown {
  const trimmed = text.trim();
  if (!trimmed.startsWith(opening) || trimmed.length > longestJson) return undefined;
  try {
    return JSON.parse(trimmed);
  } catch {
    // Not JSON, so it is the text that it is.
    return undefined;
  }
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
