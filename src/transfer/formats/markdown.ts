/**
 * Markdown with front matter, one file a memory, as Obsidian and similar programs keep their notes. Text and fields can be
 * edited there; an import takes the edits over. Texts that YAML would read as something else are written in quotes.
 */
import * as z from 'zod';
import { type MemoryField, managedFields, memoryFields } from '../../core/memory-fields.ts';
import { parseInstant } from '../../core/time/parse-instant.ts';
import { InvalidYaml, parseYamlTexts } from '../../files/parse-yaml.ts';
import type { Document } from '../document.ts';
import type { ExportedMemory } from '../export-content.ts';
import type { ImportFormat, ImportItem, Reading } from '../format.ts';
import { damaged } from '../lines.ts';
import { unknownVersion } from '../unknown-version.ts';
import { readWholeText } from '../whole-text.ts';
import { storedFields, storedManagedFields } from './memory-record.ts';

/** The field by which a note of this program is known, and the version of its form. */
const marker = 'memory_mcp';
const formatVersion = 1;

/** `content` is the text below the front matter. */
const fields: readonly (readonly [name: string, field: MemoryField])[] = Object.entries({
  ...managedFields,
  ...memoryFields,
}).filter(([name]) => name !== 'content');
const known = new Set([marker, ...fields.map(([name]) => name)]);
const times = new Set(fields.filter(([, { stored }]) => stored === 'time').map(([name]) => name));
const record = z.strictObject({ ...storedFields, ...storedManagedFields });

export const markdown: ImportFormat = {
  name: 'markdown',
  title: 'Markdown notes',
  documents: /\.md$/i,
  recognizes: (_name, beginning) => hasMarker(beginning),
  async *read(document, reading) {
    const text = await readWholeText(document);
    if (hasMarker(text)) yield await readNote(document, text, reading);
    else yield { kind: 'skipped', place: 'line 1', reason: `a note whose front matter has no ${marker}` };
  },
};

/** The text of a note. Versions are not part of it. */
export function noteOf({ memory }: ExportedMemory): string {
  const { id: _, content, ...rest } = memory;
  const values: Readonly<Record<string, unknown>> = { ...rest, [marker]: formatVersion };
  const lines = [marker, ...fields.map(([name]) => name)].flatMap((name) => {
    const value = values[name];
    if (value === undefined) return [];
    if (!Array.isArray(value)) return [`${name}: ${scalar(value, name)}`];
    return value.length === 0 ? [`${name}: []`] : [`${name}:`, ...value.map((item) => `  - ${scalar(item)}`)];
  });
  return `---\n${lines.join('\n')}\n---\n\n${content}\n`;
}

/** Everything that is no simple word is written as JSON, which YAML contains. */
function scalar(value: unknown, name = ''): string {
  if (typeof value !== 'string' || times.has(name)) return String(value);
  const isWord = /^[\p{L}_][\p{L}\p{N}_.-]*(?: [\p{L}\p{N}_.-]+)*$/u.test(value);
  if (isWord && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(value)) return value;
  const escaped = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replaceAll(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, escaped);
}

/** The key of the memory that a note is of; undefined for any other text. */
export async function keyOfNote(text: string): Promise<string | undefined> {
  const { frontMatter } = splitNote(text);
  if (frontMatter === undefined || !hasMarker(text)) return undefined;
  try {
    return z.looseObject({ key: z.string() }).safeParse(await parseYamlTexts(frontMatter)).data?.key;
  } catch {
    return undefined;
  }
}

function hasMarker(text: string): boolean {
  return /^---[ \t]*\r?\n/.test(text) && new RegExp(`^${marker}:`, 'm').test(text);
}

function splitNote(text: string): { frontMatter?: string; content: string } {
  const found = /^---[ \t]*(\r?\n)([\s\S]*?\r?\n)(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/.exec(text);
  const [head = '', lineEnd, frontMatter] = found ?? [];
  if (frontMatter === undefined) return { content: text };
  const body = text.slice(head.length);
  // An editor that changes the line ends of the front matter has changed those of the text too.
  const content = lineEnd === '\r\n' ? body.replaceAll('\r\n', '\n') : body;
  return { frontMatter, content: content.replace(/^\n/, '').replace(/\n$/, '') };
}

/** The item of a note. Throws `corrupt` for a damaged one. */
export async function readNote(
  document: Pick<Document, 'name'>,
  text: string,
  { timeZone }: Pick<Reading, 'timeZone'>,
): Promise<ImportItem> {
  const { frontMatter, content } = splitNote(text);
  if (frontMatter === undefined)
    throw damaged(document, 'line 1', 'its front matter has no end, which is a line "---"');
  const lines = frontMatter.split('\n');
  // The front matter begins in line 2.
  const lineOf = (name: string) => `line ${lines.findIndex((line) => line.startsWith(`${name}:`)) + 2}`;
  const given = await parseFrontMatter(document, frontMatter);
  if (numberOf(given[marker]) !== formatVersion) {
    throw unknownVersion(
      document,
      `version ${String(given[marker]).slice(0, 20)} of a note`,
      `version ${formatVersion}`,
    );
  }
  const values: Record<string, unknown> = { content };
  for (const [name, field] of fields) {
    const written = given[name];
    const isEmpty = written === undefined || written === null || written === '';
    const value = isEmpty ? field.default : readValue(written, field, timeZone);
    if (value !== undefined) values[name] = value;
    else if (!isEmpty) throw damaged(document, lineOf(name), `${name}: ${expected(field)}`);
  }
  const parsed = record.safeParse(values);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const name = String(issue?.path[0]);
    throw damaged(
      document,
      lineOf(name),
      values[name] === undefined ? `${name} is missing` : `${name}: ${issue?.message}`,
    );
  }
  const place = 'line 1';
  if (content.trim() === '') return { kind: 'skipped', place, reason: 'it has no text' };
  const ignored = Object.keys(given).filter((name) => !known.has(name));
  return { kind: 'memory', place, origin: 'edited', ignored, memory: parsed.data };
}

async function parseFrontMatter(
  document: Pick<Document, 'name'>,
  frontMatter: string,
): Promise<Readonly<Record<string, unknown>>> {
  let value: unknown;
  try {
    value = await parseYamlTexts(frontMatter);
  } catch (error) {
    if (!(error instanceof InvalidYaml)) throw error;
    // The front matter begins in line 2; the position in the message would be another one.
    const reason = error.message.replace(/ \(\d+:\d+\)$/, '');
    throw damaged(document, `line ${error.line + 1}`, `its front matter is not YAML: ${reason}`, error);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw damaged(document, 'line 2', 'its front matter has no fields');
}

/** The value of a field in its own type; undefined if it is of another. */
function readValue(written: unknown, { stored }: MemoryField, timeZone: string): unknown {
  if (stored === 'json') return tagsOf(written);
  if (typeof written !== 'string') return undefined;
  if (stored === 'time') return parseInstant(written, timeZone);
  if (stored === 'number') return numberOf(written);
  if (stored === 'flag') return flagOf(written);
  return written;
}

/** A list, or texts between commas. */
function tagsOf(written: unknown): string[] | undefined {
  const list: unknown = typeof written === 'string' ? written.split(',').map((tag) => tag.trim()) : written;
  if (!Array.isArray(list) || !list.every((tag) => typeof tag === 'string')) return undefined;
  return list.filter((tag) => tag.trim() !== '');
}

function numberOf(text: unknown): number | undefined {
  const isNumber = typeof text === 'string' && /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text);
  return isNumber ? Number(text) : undefined;
}

function flagOf(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  return lower === 'true' || (lower === 'false' ? false : undefined);
}

function expected({ stored }: MemoryField): string {
  const kinds = {
    text: 'a text',
    time: 'a time such as 2026-11-24T09:30:00+09:00',
    number: 'a number',
    json: 'a list of texts',
    flag: 'true or false',
  };
  return `it must be ${kinds[stored]}`;
}
