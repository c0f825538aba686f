/**
 * Edits JSON with comments as text: only what an edit names is touched, and comments, order and indentation stay.
 */
import {
  applyEdits,
  findNodeAtLocation,
  getNodeValue,
  type Edit as JsonEdit,
  modify,
  type ParseError,
  parse,
  parseTree,
} from 'jsonc-parser';
import { MemoryMcpError } from '../core/errors.ts';
import type { Edit, JsonPath } from './client-table.ts';

const parseOptions = { allowTrailingComma: true, disallowComments: false };

/** Throws `invalid_input` for what is not a JSON object. `path` is for the message. */
export function parseJson(text: string, path: string): unknown {
  const errors: ParseError[] = [];
  const value: unknown = text.trim() === '' ? {} : parse(text, errors, parseOptions);
  if (errors.length > 0 || typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MemoryMcpError('invalid_input', `${path} is not a JSON object`, {
      hint: 'Repair it first, or add the lines by hand: "memory-mcp setup <client> --print" shows them. It was not changed.',
    });
  }
  return value;
}

export function editJson(text: string, edits: readonly Edit[]): string {
  return edits.reduce(applyEdit, text.trim() === '' ? '{\n}\n' : text);
}

/** Takes the edits back: removes what is ours, or puts back what `before` had in its place. */
export function revertJson(text: string, edits: readonly Edit[], before: unknown): string {
  return edits.reduceRight((current, edit) => revertEdit(current, edit, before), text);
}

function applyEdit(text: string, edit: Edit): string {
  if ('value' in edit) return change(text, edit.at, edit.value);
  const elements = valueAt(text, edit.at);
  const index = Array.isArray(elements) ? elements.findIndex(edit.isOurs) : -1;
  if (index >= 0) return change(text, [...edit.at, index], edit.element);
  return Array.isArray(elements)
    ? change(text, [...edit.at, elements.length], edit.element, { isArrayInsertion: true })
    : change(text, edit.at, [edit.element]);
}

function revertEdit(text: string, edit: Edit, before: unknown): string {
  if ('value' in edit) return removeEmpty(change(text, edit.at, valueIn(before, edit.at)), edit.at, before);
  const elements = valueAt(text, edit.at);
  const index = Array.isArray(elements) ? elements.findIndex(edit.isOurs) : -1;
  if (index < 0) return text;
  return removeEmpty(change(text, [...edit.at, index], undefined), [...edit.at, ''], before);
}

/** Removes what an edit has left empty above `at`, unless it was there before. */
function removeEmpty(text: string, at: JsonPath, before: unknown): string {
  const above = at.slice(0, -1);
  const value = valueAt(text, above);
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  if (above.length === 0 || !isEmpty || valueIn(before, above) !== undefined) return text;
  return removeEmpty(change(text, above, undefined), above, before);
}

function change(
  text: string,
  at: readonly (string | number)[],
  value: unknown,
  options: { isArrayInsertion?: boolean } = {},
): string {
  // Where there is nothing to remove, the library would throw.
  if (value === undefined && findNodeAt(text, at) === undefined) return text;
  const edits = modify(text, [...at], value, options);
  if (value === undefined)
    return applyEdits(
      text,
      edits.map((edit) => keepWhatPrecedes(edit, text, at)),
    );
  // Its own formatting would reach the neighbours too.
  return applyEdits(
    text,
    edits.map((edit) => ({ ...edit, content: layOut(edit, text, at) })),
  );
}

/** To remove the first of several, the library takes the line break and the comments before it along. */
function keepWhatPrecedes(edit: JsonEdit, text: string, at: readonly (string | number)[]): JsonEdit {
  const node = findNodeAt(text, at);
  const start = (node?.parent?.type === 'property' ? node.parent : node)?.offset ?? 0;
  const isFirst = /[{[]/.test(text.charAt(edit.offset - 1));
  return isFirst && edit.offset < start ? { ...edit, offset: start, length: edit.length + edit.offset - start } : edit;
}

/** The inserted text in lines, indented like the rest. A file in one line stays one. */
function layOut({ offset, length, content }: JsonEdit, text: string, at: readonly (string | number)[]): string {
  const parts = /^(,?)((?:"(?:[^"\\]|\\.)*":)?)([^,].*?)(,?)$/s.exec(content);
  if (parts === null || !text.trim().includes('\n')) return content;
  const [, before = '', name = '', value = '', after = ''] = parts;
  const unit = /^\t/m.test(text) ? '\t' : ' '.repeat(indentOf(text));
  // How many of the containers are there already.
  const depth = at.findIndex((_, index) => findNodeAt(text, at.slice(0, index + 1)) === undefined) + 1 || at.length;
  const newLine = eolOf(text) + unit.repeat(depth);
  const laidOut = JSON.stringify(JSON.parse(value), undefined, unit).replaceAll('\n', newLine);
  if (length > 0) return laidOut;
  const inserted = `${before}${newLine}${name}${name === '' ? '' : ' '}${laidOut}${after}`;
  const isFirst = before === '' && after === '';
  const closesOnSameLine = isFirst && /^[^\S\n]*[}\]]/.test(text.slice(offset));
  return closesOnSameLine ? `${inserted}${eolOf(text)}${unit.repeat(depth - 1)}` : inserted;
}

function findNodeAt(text: string, at: readonly (string | number)[]) {
  const tree = parseTree(text, [], parseOptions);
  return tree === undefined ? undefined : findNodeAtLocation(tree, [...at]);
}

function valueAt(text: string, at: readonly (string | number)[]): unknown {
  const node = findNodeAt(text, at);
  return node === undefined ? undefined : getNodeValue(node);
}

export function valueIn(tree: unknown, at: JsonPath): unknown {
  return at.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null
        ? new Map<string, unknown>(Object.entries(value)).get(name)
        : undefined,
    tree,
  );
}

function indentOf(text: string): number {
  return /^( +)\S/m.exec(text)?.[1]?.length ?? 2;
}

function eolOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}
