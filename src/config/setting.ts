/**
 * The building blocks of settings: a zod type, how to parse it from text (a variable or a flag), a description of the
 * allowed values, and documentation. `schema.ts` declares the settings with them.
 */
import * as z from 'zod';
import { parsePersonaName } from '../core/persona.ts';

export interface SettingNote {
  /** One or two sentences for `--help` and docs/configuration.md. */
  readonly help: string;
  /** A change in the file applies without a restart. */
  readonly live?: boolean;
  /** Accepted and checked, but without effect in this version. Not documented. */
  readonly unused?: boolean;
  /** The value is never shown in a message. */
  readonly secret?: boolean;
  /** The name of the flag of `serve`, without dashes. */
  readonly flag?: string;
  /** An additional variable besides `MEMORY_MCP_<KEY>`. */
  readonly variable?: string;
  /** Describes the default, if it is not a fixed value. */
  readonly unsetMeans?: string;
}

interface TextFormat {
  /** The allowed values, in words. */
  readonly allowed: string;
  readonly fromText: (text: string) => unknown;
}

const notes = z.registry<SettingNote>();
const formats = z.registry<TextFormat>();

/** Attaches a note to a type, for `collectSettings`. */
export function setting<T extends z.ZodType>(type: T, note: SettingNote): T {
  notes.add(type, note);
  return type;
}

function withFormat<T extends z.ZodType>(type: T, allowed: string, fromText: (text: string) => unknown): T {
  formats.add(type, { allowed, fromText });
  return type;
}

const keepText = (text: string): unknown => text;

function numberFromText(text: string): unknown {
  const trimmed = text.trim();
  return /^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : text;
}

const booleanWords = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['0', false],
  ['no', false],
  ['off', false],
]);

function listFromText(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function jsonFromText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Non-empty text that matches `pattern`. It is never trimmed or converted to a number. */
export const text = (allowed = 'a text in quotes that is not empty', pattern = /\S/) =>
  withFormat(z.string().regex(pattern), allowed, keepText);

/** Text that may be empty. Whitespace is significant. */
export const exactText = (allowed = 'a text in quotes') => withFormat(z.string(), allowed, keepText);

export const wholeNumber = (minimum: number, maximum: number) =>
  withFormat(
    z.number().int().min(minimum).max(maximum),
    `a whole number from ${minimum} to ${maximum}`,
    numberFromText,
  );

export const number = (minimum: number, maximum: number) =>
  withFormat(z.number().min(minimum).max(maximum), `a number from ${minimum} to ${maximum}`, numberFromText);

export const boolean = () =>
  withFormat(z.boolean(), 'true or false', (text) => booleanWords.get(text.trim().toLowerCase()) ?? text);

/** One of several words, in upper or lower case. */
export const choice = <const W extends readonly [string, ...string[]]>(words: W) =>
  withFormat(
    z.preprocess((value) => (typeof value === 'string' ? value.trim().toLowerCase() : value), z.enum(words)),
    `one of ${words.join(', ')}`,
    keepText,
  );

/** Where models run. A number chooses one of several cards. */
export const device = () =>
  withFormat(
    z.preprocess(
      (value) => (typeof value === 'string' ? value.trim().toLowerCase() : value),
      z.string().regex(/^(?:cpu|cuda(?::\d{1,2})?)$/),
    ),
    'cpu, cuda or cuda:N',
    keepText,
  );

export const textList = (item: z.ZodType<string>, allowed: string) => withFormat(z.array(item), allowed, listFromText);

/** A list of objects. A variable contains it as JSON. */
export const objectList = <T extends z.ZodType>(list: T, allowed: string) => withFormat(list, allowed, jsonFromText);

export const webAddress = (example: string) =>
  withFormat(z.url({ protocol: /^https?$/ }), `an http or https address such as ${example}`, keepText);

/** A persona name, checked by `core/persona.ts`. */
export const personaName = () =>
  withFormat(
    z.string().transform((name, context) => {
      try {
        return parsePersonaName(name);
      } catch {
        context.addIssue({ code: 'custom' });
        return z.NEVER;
      }
    }),
    'a name of 1 to 64 letters, digits, "_", "-" or inner "."',
    keepText,
  );

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return /^[a-z]/i.test(name);
  } catch {
    return false;
  }
}

export const timeZone = () =>
  withFormat(z.string().refine(isTimeZone), 'an IANA time zone such as Asia/Tokyo or UTC', keepText);

/** A setting with everything that is known about it. */
export interface Setting extends SettingNote, TextFormat {
  /** For example `server_port` or `auto_cleanup.enabled`. */
  readonly key: string;
  readonly path: readonly string[];
  /** For example `MEMORY_MCP_SERVER_PORT`. In a group the spelling with two underscores comes second. */
  readonly variables: readonly string[];
  readonly type: z.ZodType;
}

/** All settings of a schema in the order of declaration, with groups flattened. */
export function collectSettings(schema: z.ZodObject, path: readonly string[] = []): Setting[] {
  return Object.entries(schema.shape).flatMap(([name, type]) => {
    const own = [...path, name];
    const bare = type instanceof z.ZodDefault || type instanceof z.ZodOptional ? type.unwrap() : type;
    const group = type instanceof z.ZodPrefault ? type.unwrap() : undefined;
    if (group instanceof z.ZodObject) return collectSettings(group, own);
    const note = notes.get(type);
    const format = formats.get(bare as z.ZodType); // unwrap() returns the base type of zod's core, but the value is a ZodType
    if (note === undefined || format === undefined) throw new TypeError(`${own.join('.')} has no note or no format`);
    const spellings = new Set(['_', '__'].map((joint) => `MEMORY_MCP_${own.join(joint).toUpperCase()}`));
    const variables = [...spellings, ...(note.variable === undefined ? [] : [note.variable])];
    return [{ ...note, ...format, key: own.join('.'), path: own, variables, type }];
  });
}
