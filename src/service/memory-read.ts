/**
 * Reads memories by key: the whole text and every field, in parts if it is too long for one reply. Changes nothing but
 * the access counts.
 */
import type { Memory, MemoryKey } from '../core/memory.ts';
import { unknownKey } from '../core/memory-errors.ts';
import { visibleValue } from '../core/text/visible-text.ts';
import { localTime } from '../core/time/local-time.ts';
import type { Scope } from '../persona/scope.ts';
import { type MemoryView, viewOf } from '../reply/memory-view.ts';
import { fitReply, replyBudget, type Shortened, shareOf } from '../reply/reply-budget.ts';
import { headWithin, jsonBytes } from '../reply/reply-text.ts';
import type { ImportedFields } from '../store/imported-fields.ts';
import type { MemoryVersion } from '../store/memory-versions.ts';

export interface ReadRequest {
  readonly keys: readonly MemoryKey[];
  /** Also returns earlier versions, and what an import could not put into a field. */
  readonly history: boolean;
  /** Where to start in the texts: `next_offset` of the previous reply. */
  readonly offset?: number | undefined;
}

export type PastVersion = Omit<MemoryVersion, 'fields'> & MemoryVersion['fields'];

export interface ReadMemory extends MemoryView {
  readonly content: string;
  /** Where `content` begins in the whole text, and where the next part begins if this one was cut. */
  readonly offset?: number | undefined;
  readonly next_offset?: number | undefined;
  /** Earlier versions, newest first, and how many older ones did not fit. */
  readonly history?: readonly Shortened<PastVersion>[] | undefined;
  readonly history_omitted?: number | undefined;
  /** What an imported memory had elsewhere and has no field here; the beginning of its JSON if it is long. */
  readonly imported?: ImportedFields | string | undefined;
}

export interface ReadReply {
  readonly memories: ReadMemory[];
  readonly not_found: MemoryKey[];
  /** Keys that exist but did not fit. Read them on their own. */
  readonly omitted?: MemoryKey[] | undefined;
}

/** The braces, names of fields and numbers of one memory. */
const labels = 120;
/** Minimum size of the part of a text that is shown. */
const shortestPart = 400;
/** The share of the room that is reserved for earlier versions, if asked for. */
const historyShare = 0.4;

/** The memories of these keys, deleted ones included; `not_found` if none exists. */
export function readMemories(scope: Scope, request: ReadRequest): ReadReply {
  const { store, activity } = scope.workspace;
  const wanted = [...new Set(request.keys)];
  const reply = store.read(() => {
    const found = wanted.flatMap((key) => store.memories.read(key) ?? []);
    const [first] = wanted;
    if (found.length === 0 && first !== undefined) throw unknownKey(first);
    const keys = new Set(found.map(({ key }) => key));
    const missing = wanted.filter((key) => !keys.has(key));
    return { not_found: missing, ...fitMemories(replyBudget.full - 500 - jsonBytes(wanted), found, scope, request) };
  });
  activity.recordRead(
    'memory_read',
    reply.memories.map(({ key }) => key),
    scope.caller,
  );
  return reply;
}

function fitMemories(
  room: number,
  found: readonly Memory[],
  scope: Scope,
  { history, offset = 0 }: ReadRequest,
): Pick<ReadReply, 'memories' | 'omitted'> {
  const parts = found.map((memory) => {
    const { content, ...rest } = viewOf(memory, scope);
    const text = content.slice(offset);
    return { rest, content, text, fixed: jsonBytes(rest) + labels, bytes: jsonBytes(text) };
  });
  let used = 0;
  const fitting = parts.filter(({ fixed, bytes }, index) => {
    used += fixed + Math.min(bytes, shortestPart);
    return index === 0 || used <= room;
  });
  const forTexts = Math.floor(room * (history ? 1 - historyShare : 1));
  const fixed = fitting.reduce((sum, part) => sum + part.fixed, 0);
  const share = shareOf(
    fitting.map(({ bytes }) => bytes),
    forTexts - fixed,
  );
  const memories = fitting.map(({ rest, content, text }): ReadMemory => {
    const shown = headWithin(text, Math.max(share, shortestPart));
    const end = offset + shown.length;
    return {
      ...rest,
      content: shown,
      ...(offset > 0 && { offset }),
      ...(end < content.length && { next_offset: end, content_length: content.length }),
    };
  });
  const left = room - jsonBytes(memories);
  const omitted = found.slice(fitting.length).map(({ key }) => key);
  return {
    memories: history ? memories.map((memory) => withHistory(memory, left / memories.length, scope)) : memories,
    ...(omitted.length > 0 && { omitted }),
  };
}

function withHistory(memory: ReadMemory, room: number, { workspace, settings }: Scope): ReadMemory {
  const imported = importedWithin(workspace.store.importedFields.of(memory.key), room / 2);
  const versions = workspace.store.memories.versions(memory.key).toReversed();
  const past = versions.map(
    ({ fields, ...version }): PastVersion =>
      visibleValue({
        ...version,
        ...fields,
        ...(fields.occurred_at !== undefined && { occurred_at: localTime(fields.occurred_at, settings.timezone) }),
      }),
  );
  const shown = fitReply(past, room - jsonBytes(imported));
  const omitted = past.length - shown.length;
  return {
    ...memory,
    history: shown,
    ...(omitted > 0 && { history_omitted: omitted }),
    ...(imported !== undefined && { imported }),
  };
}

function importedWithin(fields: ImportedFields | undefined, room: number): ImportedFields | string | undefined {
  if (fields === undefined) return undefined;
  const shown = visibleValue(fields);
  return jsonBytes(shown) <= room ? shown : `${headWithin(JSON.stringify(shown), room - labels)}…`;
}
