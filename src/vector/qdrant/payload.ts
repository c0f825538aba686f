/**
 * A memory as the payload of its points, and the filters of a search in terms of that payload. The fields are those of
 * `core/memory-fields.ts`, as they are; what filters compare stands folded beside them, under `filter`.
 */
import type { Memory, MemoryFilter } from '../../core/memory.ts';
import { filterFieldNames, managedFields, memoryFields, namesOf } from '../../core/memory-fields.ts';
import { foldText } from '../../core/text/spellings.ts';

export type Payload = Readonly<Record<string, unknown>>;

/** Every field that a filter or a write names, and the type of its payload index. */
export const payloadIndexes: Readonly<Record<string, 'keyword' | 'float' | 'datetime'>> = {
  store_id: 'keyword',
  key: 'keyword',
  created_at: 'datetime',
  occurred_at: 'datetime',
  importance: 'float',
  'filter.lifecycle': 'keyword',
  'filter.tags': 'keyword',
  ...Object.fromEntries(filterFieldNames.map((field) => [`filter.${field}`, 'keyword' as const])),
};

const fieldNames = [...namesOf(managedFields), ...namesOf(memoryFields)];

/**
 * The payload of a memory, without what belongs to a single point. A field that the memory does not have is null: the
 * value that takes it away from a point that has it. The text stands in the first chunk alone, because it may be long.
 */
export function payloadOf(memory: Memory, chunk: 'first' | 'later'): Payload {
  const payload: Record<string, unknown> = {};
  for (const name of fieldNames) payload[name] = memory[name] ?? null;
  if (chunk === 'later') delete payload.content;
  payload.filter = {
    lifecycle: memory.deleted_at === undefined ? 'live' : 'deleted',
    tags: [...new Set(memory.tags.map(foldText))],
    ...Object.fromEntries(filterFieldNames.map((name) => [name, foldOptional(memory[name])])),
  };
  return payload;
}

function foldOptional(text: string | undefined): string | null {
  return text === undefined ? null : foldText(text);
}

/** The same memories as `store/filter-predicate.ts` lets through. */
export function filterOf(filter: MemoryFilter): { must: object[] } {
  const must: object[] = [];
  const equals = (key: string, value: string) => must.push({ key, match: { value } });

  if (filter.deleted === 'exclude') equals('filter.lifecycle', 'live');
  if (filter.deleted === 'only') equals('filter.lifecycle', 'deleted');
  const range = { gte: filter.happenedFrom, lt: filter.happenedBefore };
  if (range.gte !== undefined || range.lt !== undefined) {
    const stored = [{ is_empty: { key: 'occurred_at' } }, { key: 'created_at', range }];
    must.push({ should: [{ key: 'occurred_at', range }, { must: stored }] });
  }
  if (filter.minImportance !== undefined) must.push({ key: 'importance', range: { gte: filter.minImportance } });
  for (const field of filterFieldNames) {
    const wanted = filter.states?.[field];
    if (wanted !== undefined) equals(`filter.${field}`, foldText(wanted));
  }
  const tags = [...new Set((filter.tags ?? []).map(foldText))];
  if (filter.tagMatch === 'all') for (const tag of tags) equals('filter.tags', tag);
  else if (tags.length > 0) must.push({ key: 'filter.tags', match: { any: tags } });
  return { must };
}
