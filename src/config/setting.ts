/**
 * What a setting is made of: a zod type, how text (a variable, a flag) becomes its value, what is allowed in words,
 * and a note for people. `schema.ts` writes the settings down with these; the loader, the errors, the help, the example
 * file and the README table are all read off them.
 */
import * as z from 'zod';
import { parsePersonaName } from '../core/persona.ts';

export interface SettingNote {
  /** One or two sentences for the help, the README and the example. */
  readonly help: string;
  /** A change in the file applies without a restart. */
  readonly live?: boolean;
  /** Never shown in a message. */
  readonly secret?: boolean;
  /** The name of the flag of `serve`, without the dashes. */
  readonly flag?: string;
  /** A variable that is honoured besides `MEMORY_MCP_<KEY>`. */
  readonly variable?: string;
  /** What applies while the setting is unset, where that is no fixed value. */
  readonly unsetMeans?: string;
}

interface Reading {
  readonly allowed: string;
  readonly fromText: (text: string) => unknown;
}

const notes = z.registry<SettingNote>();
const readings = z.registry<Reading>();

/** Attaches a note to a type; `settingsOf` finds it again. */
export function setting<T extends z.ZodType>(type: T, note: SettingNote): T {
  notes.add(type, note);
  return type;
}

function readable<T extends z.ZodType>(type: T, allowed: string, fromText: (text: string) => unknown): T {
  readings.add(type, { allowed, fromText });
  return type;
}

const asIs = (text: string): unknown => text;

function numberFromText(text: string): unknown {
  const trimmed = text.trim();
  return /^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : text;
}

const truthWords = new Map([
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

/** Text of any length above zero that `pattern` fits; never trimmed, never read as a number. */
export const text = (allowed = 'a text in quotes that is not empty', pattern = /\S/) =>
  readable(z.string().regex(pattern), allowed, asIs);

/** Text that may be empty and whose blanks count. */
export const exactText = (allowed = 'a text in quotes') => readable(z.string(), allowed, asIs);

export const wholeNumber = (least: number, most: number) =>
  readable(z.number().int().min(least).max(most), `a whole number from ${least} to ${most}`, numberFromText);

export const number = (least: number, most: number) =>
  readable(z.number().min(least).max(most), `a number from ${least} to ${most}`, numberFromText);

export const truth = () =>
  readable(z.boolean(), 'true or false', (given) => truthWords.get(given.trim().toLowerCase()) ?? given);

/** One of a few words; upper case is accepted. */
export const choice = <const W extends readonly [string, ...string[]]>(words: W) =>
  readable(
    z.preprocess((given) => (typeof given === 'string' ? given.trim().toLowerCase() : given), z.enum(words)),
    `one of ${words.join(', ')}`,
    asIs,
  );

export const textList = (item: z.ZodType<string>, allowed: string) => readable(z.array(item), allowed, listFromText);

/** A list of objects: JSON in a variable. */
export const objectList = <T extends z.ZodType>(list: T, allowed: string) => readable(list, allowed, jsonFromText);

export const webAddress = (example: string) =>
  readable(z.url({ protocol: /^https?$/ }), `an http or https address such as ${example}`, asIs);

/** The rule of `core/persona.ts`, as a type. */
export const personaName = () =>
  readable(
    z.string().transform((name, context) => {
      try {
        return parsePersonaName(name);
      } catch {
        context.addIssue({ code: 'custom' });
        return z.NEVER;
      }
    }),
    'a name of 1 to 64 letters, digits, "_", "-" or inner "."',
    asIs,
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
  readable(z.string().refine(isTimeZone), 'an IANA time zone such as Asia/Tokyo or UTC', asIs);

/** One setting as the loader and the documents see it. */
export interface Setting extends SettingNote, Reading {
  /** `server_port`, `auto_cleanup.enabled` */
  readonly key: string;
  readonly path: readonly string[];
  /** `MEMORY_MCP_SERVER_PORT`; below a group the spelling with two underscores comes second. */
  readonly variables: readonly string[];
  readonly type: z.ZodType;
}

/** Every setting of a schema in the order written, groups flattened. */
export function settingsOf(schema: z.ZodObject, path: readonly string[] = []): Setting[] {
  return Object.entries(schema.shape).flatMap(([name, type]) => {
    const own = [...path, name];
    const bare = type instanceof z.ZodDefault || type instanceof z.ZodOptional ? type.unwrap() : type;
    const group = type instanceof z.ZodPrefault ? type.unwrap() : undefined;
    if (group instanceof z.ZodObject) return settingsOf(group, own);
    const note = notes.get(type);
    const reading = readings.get(bare as z.ZodType); // unwrap() is typed as the core type, of which this is the classic one
    if (note === undefined || reading === undefined) throw new TypeError(`${own.join('.')} has no note or no reading`);
    const spellings = new Set(['_', '__'].map((joint) => `MEMORY_MCP_${own.join(joint).toUpperCase()}`));
    const variables = [...spellings, ...(note.variable === undefined ? [] : [note.variable])];
    return [{ ...note, ...reading, key: own.join('.'), path: own, variables, type }];
  });
}
