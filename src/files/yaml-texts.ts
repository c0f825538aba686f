/**
 * Parses YAML whose fields are meant as texts, such as front matter. YAML reads `1.10` as 1.1 and a time without an offset as
 * one in UTC, so what it gives another type is looked up in the source.
 */
import { isDeepStrictEqual } from 'node:util';
import { parseYaml } from './parse-yaml.ts';

/**
 * Numbers, times, true and false in the fields of the top level, and in their lists, are texts as they are written. Null is
 * null. Throws `InvalidYaml`.
 */
export async function parseYamlTexts(text: string): Promise<unknown> {
  const parsed = await parseYaml(text);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return parsed;
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(parsed)) fields[name] = await textsOf(value, sourceOf(text, name));
  return fields;
}

async function textsOf(value: unknown, source: string): Promise<unknown> {
  if (!Array.isArray(value)) return await textOf(value, source);
  const items = itemsOf(source);
  return await Promise.all(
    value.map((item, at) => textOf(item, items.length === value.length ? items[at] : undefined)),
  );
}

/** `source` counts only if it means the value: it was found by its place, and could belong to something else. */
async function textOf(value: unknown, source = ''): Promise<unknown> {
  const isText = typeof value === 'string' || value === null || (typeof value === 'object' && !(value instanceof Date));
  if (isText) return value;
  const written = source.replace(/(?:^|\s)#.*/s, '').trim();
  // Nothing with an anchor or a tag before it.
  const meant = /^[\w.+-]/.test(written) ? await parseYaml(written).catch(() => undefined) : undefined;
  if (isDeepStrictEqual(meant, value)) return written;
  return value instanceof Date ? value.toISOString() : String(value);
}

/** What stands behind `name:`, up to the next field. */
function sourceOf(text: string, name: string): string {
  const lines = text.split(/\r?\n/);
  const first = lines.findIndex((line) => line.startsWith(`${name}:`));
  if (first === -1) return '';
  const length = lines.slice(first + 1).findIndex((line) => /^[^\s#\]-]/.test(line));
  const field = lines.slice(first, length === -1 ? undefined : first + 1 + length);
  return field.join('\n').slice(name.length + 1);
}

/** The items of a list in lines or in brackets. */
function itemsOf(source: string): readonly string[] {
  const [, inBrackets] = /^\s*\[([\s\S]*)\]/.exec(source) ?? [];
  if (inBrackets === undefined) return [...source.matchAll(/^[ \t]*-[ \t]+(.*)$/gm)].map(([, item = '']) => item);
  const parts = inBrackets.match(/(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^,])+/g) ?? [];
  return parts.filter((part) => part.trim() !== '');
}
