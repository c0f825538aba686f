/**
 * JSON Lines. An export of this program begins with a header and holds one JSON object a line: the persona's context, each
 * memory with all its fields, its earlier versions below it, and a last line with the counts, by which a file that was cut
 * off is noticed. Lines without a header are read too: `{"content": "…"}` with any fields of a memory.
 */
import * as z from 'zod';
import type { ImportedMemory } from '../../store/memory-import.ts';
import type { MemoryVersion } from '../../store/memory-versions.ts';
import type { Document } from '../document.ts';
import type { ExportContent } from '../export-content.ts';
import { foreignMemory } from '../foreign-memory.ts';
import type { ImportFormat, ImportItem, Reading } from '../format.ts';
import { damaged, type Line, linesOf, parseJson } from '../lines.ts';
import { unknownVersion } from '../unknown-version.ts';
import { firstObject } from './first-object.ts';
import { instant, storedFields, storedManagedFields } from './memory-record.ts';

const formatName = 'memory-mcp export';
const formatVersion = 1;
/** Characters of all versions of one memory. A store has no such memory; a file could say so. */
const versionsLimit = 256 * 2 ** 20;

const header = z.looseObject({ format: z.literal(formatName), format_version: z.number() });
const contextRecord = z.strictObject({
  type: z.literal('context'),
  name: z.string().min(1).max(200),
  value: z.unknown(),
  updated_at: instant,
});
const memoryRecord = z.strictObject({
  type: z.literal('memory'),
  ...storedFields,
  ...storedManagedFields,
  imported: z.record(z.string(), z.unknown()).optional(),
});
const versionRecord = z.strictObject({
  type: z.literal('version'),
  key: z.string(),
  version: z.int().min(1),
  replaced_at: instant,
  replaced_by: z.enum(['update', 'delete', 'restore', 'merge', 'pin']),
  fields: z.strictObject(storedFields),
});
const endRecord = z.strictObject({ type: z.literal('end'), memories: z.int(), versions: z.int() });
const anyRecord = z.discriminatedUnion('type', [contextRecord, memoryRecord, versionRecord, endRecord]);

export const jsonLines: ImportFormat = {
  name: 'json-lines',
  title: 'JSON Lines',
  documents: /\.(jsonl|ndjson)$/i,
  recognizes(_name, beginning) {
    const record = firstObject(beginning);
    return record?.format === formatName || (typeof record?.content === 'string' && record.type === undefined);
  },
  async *read(document, reading) {
    const lines = linesOf(document);
    const first = await lines.next();
    if (first.done === true) throw damaged(document, 'line 1', 'the file is empty');
    const { number, text } = first.value;
    const begins = header.safeParse(parseJson(document, `line ${number}`, text));
    if (!begins.success) yield* readPlain(document, reading, first.value, lines);
    else if (begins.data.format_version !== formatVersion) {
      throw unknownVersion(document, `version ${begins.data.format_version} of an export`, `version ${formatVersion}`);
    } else yield* readExport(document, lines);
  },
};

/** The lines of an export. */
export async function* writeJsonLines(content: ExportContent): AsyncGenerator<string> {
  const { persona, version, exportedAt, includesDeleted } = content;
  const line = (record: object) => `${JSON.stringify(record)}\n`;
  yield line({
    format: formatName,
    format_version: formatVersion,
    memory_mcp: version,
    persona,
    exported_at: exportedAt,
    includes_deleted: includesDeleted,
  });
  for (const [name, entry] of content.context) yield line({ type: 'context', name, ...entry });
  const counts = { memories: 0, versions: 0 };
  for await (const { memory, versions, imported } of content.memories()) {
    const { id: _, ...fields } = memory;
    const earlier = versions.map((entry) => line({ type: 'version', key: memory.key, ...entry }));
    yield line({ type: 'memory', ...fields, imported }) + earlier.join('');
    counts.memories += 1;
    counts.versions += versions.length;
  }
  yield line({ type: 'end', ...counts });
}

async function* readExport(document: Document, lines: AsyncIterable<Line>): AsyncGenerator<ImportItem> {
  const counts = { memories: 0, versions: 0 };
  let current: { place: string; memory: ImportedMemory; versions: MemoryVersion[]; length: number } | undefined;
  let end: z.output<typeof endRecord> | undefined;
  const take = function* (): Generator<ImportItem> {
    if (current === undefined) return;
    const { place, memory, versions } = current;
    yield { kind: 'memory', place, origin: 'export', memory: { ...memory, identity: 'key and time', versions } };
    current = undefined;
  };
  for await (const { number, text } of lines) {
    const place = `line ${number}`;
    if (end !== undefined) throw damaged(document, place, 'it comes after the last line of the export');
    const record = parseRecord(document, place, text);
    if (record.type === 'version') {
      if (current?.memory.key !== record.key) throw damaged(document, place, 'the version does not follow its memory');
      current.length += text.length;
      if (current.length > versionsLimit) throw damaged(document, place, 'the memory has too many versions');
      const { type: _type, key: _key, ...version } = record;
      current.versions.push(version);
      counts.versions += 1;
      continue;
    }
    yield* take();
    if (record.type === 'end') end = record;
    else if (record.type === 'context') {
      const { name, value, updated_at } = record;
      yield { kind: 'context', place, entries: new Map([[name, { value, updated_at }]]) };
    } else {
      const { type: _, ...memory } = record;
      current = { place, memory, versions: [], length: 0 };
      counts.memories += 1;
    }
  }
  if (end === undefined) throw damaged(document, 'the end', 'its last line is missing, so it was cut off');
  if (end.memories !== counts.memories || end.versions !== counts.versions) {
    throw damaged(
      document,
      'the end',
      `it says ${end.memories} memories and ${end.versions} versions, and there are ${counts.memories} and ${counts.versions}`,
    );
  }
}

async function* readPlain(
  document: Document,
  reading: Reading,
  first: Line,
  rest: AsyncIterable<Line>,
): AsyncGenerator<ImportItem> {
  yield readPlainLine(document, reading, first);
  for await (const line of rest) yield readPlainLine(document, reading, line);
}

function readPlainLine(document: Document, reading: Reading, { number, text }: Line): ImportItem {
  const place = `line ${number}`;
  const value = parseJson(document, place, text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw damaged(document, place, 'it is not a JSON object');
  }
  return foreignMemory({ place, kind: 'json-lines', fields: { ...value } }, reading);
}

function parseRecord(document: Document, place: string, text: string): z.output<typeof anyRecord> {
  const parsed = anyRecord.safeParse(parseJson(document, place, text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw damaged(document, place, `${issue?.path.join('.') || 'the record'}: ${issue?.message}`);
}
