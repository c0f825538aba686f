/**
 * Edits TOML as text: one table and its subtables are added, replaced or removed as whole blocks, the rest of the file
 * stays as it is. Only what `setup` writes is understood: tables that stand under headers of their own.
 */
import { parse, stringify } from 'smol-toml';
import { MemoryMcpError, reasonOf } from '../core/errors.ts';
import type { Edit, JsonPath } from './client-table.ts';

export function parseToml(text: string, path: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw new MemoryMcpError('invalid_input', `${path} is not valid TOML (${reasonOf(cause).split('\n')[0]})`, {
      hint: 'Repair it first, or add the lines by hand: "memory-mcp setup <client> --print" shows them. It was not changed.',
      cause,
    });
  }
}

export function editToml(text: string, edits: readonly Edit[]): string {
  return edits.reduce(
    (current, edit) => ('value' in edit ? replaceTable(current, edit.at, edit.value) : current),
    text,
  );
}

/** Removes the tables. One that was there before comes back only with the whole file. */
export function revertToml(text: string, edits: readonly Edit[]): string {
  return edits.reduce((current, { at }) => replaceTable(current, at, undefined), text);
}

function replaceTable(text: string, at: JsonPath, value: unknown): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const block = value === undefined ? '' : renderTable(at, value).replaceAll('\n', eol);
  const lines = text.split(/(?<=\n)/);
  const kept: string[] = [];
  let place: number | undefined;
  let inside = false;
  for (const line of lines) {
    const header = /^\s*\[\[?\s*([^\]]+?)\s*\]\]?/.exec(line)?.[1];
    if (header !== undefined) inside = isWithin(header, at);
    if (inside) place ??= kept.length;
    else kept.push(line);
  }
  if (block === '') return kept.join('').replace(/(\r?\n)\s*$/, '$1');
  if (place === undefined) {
    const before = kept.join('').replace(/\s*$/, '');
    return before === '' ? block : `${before}${eol}${eol}${block}`;
  }
  const after = kept.slice(place).join('');
  return `${kept.slice(0, place).join('')}${block}${after === '' ? '' : eol}${after}`;
}

function isWithin(header: string, at: JsonPath): boolean {
  const names = header.split('.').map((name) => name.trim().replace(/^["']|["']$/g, ''));
  return at.every((name, index) => names[index] === name);
}

/** The table under its own header, with its subtables. */
function renderTable(at: JsonPath, value: unknown): string {
  const nested = at.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
  return stringify(nested).replace(/^\s+/, '');
}
