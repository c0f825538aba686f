/**
 * Converts a MemoryFilter to the SQL predicate that lists, full-text search and vector search share. The predicate
 * expects the table `memories` under the alias `m`. Values are parameters, which keeps the number of prepared statements
 * small.
 */
import type { MemoryFilter } from '../core/memory.ts';
import { filterFieldNames } from '../core/memory-fields.ts';
import { foldText } from '../core/text/spellings.ts';
import type { Parameter } from './sqlite/connection.ts';

export interface SqlPredicate {
  readonly text: string;
  readonly parameters: readonly Parameter[];
}

/** As the index `memories_by_time` has it. */
const happenedAt = 'coalesce(m.occurred_at, m.created_at)';

export function buildPredicate(filter: MemoryFilter): SqlPredicate {
  const terms: string[] = [];
  const parameters: Parameter[] = [];
  const add = (text: string, ...values: Parameter[]) => {
    terms.push(text);
    parameters.push(...values);
  };

  if (filter.deleted === 'exclude') add('m.deleted_at IS NULL');
  if (filter.deleted === 'only') add('m.deleted_at IS NOT NULL');
  if (filter.happenedFrom !== undefined) add(`${happenedAt} >= ?`, filter.happenedFrom);
  if (filter.happenedBefore !== undefined) add(`${happenedAt} < ?`, filter.happenedBefore);
  if (filter.minImportance !== undefined) add('m.importance >= ?', filter.minImportance);
  for (const field of filterFieldNames) {
    const wanted = filter.states?.[field];
    if (wanted !== undefined) add(`fold_text(m.${field}) = ?`, foldText(wanted));
  }
  const tags = [...new Set((filter.tags ?? []).map(foldText))];
  if (tags.length > 0) {
    const holders = 'SELECT t.memory_id FROM memory_tags t WHERE t.tag IN (SELECT value FROM json_each(?))';
    if (filter.tagMatch === 'all') {
      add(`m.id IN (${holders} GROUP BY t.memory_id HAVING count(*) = ?)`, JSON.stringify(tags), tags.length);
    } else add(`m.id IN (${holders})`, JSON.stringify(tags));
  }
  return { text: terms.length === 0 ? '1' : terms.join(' AND '), parameters };
}

/** True if the filter matches every live memory and nothing else. */
export function matchesAllLive(filter: MemoryFilter): boolean {
  return buildPredicate(filter).text === 'm.deleted_at IS NULL';
}

/** Whether the filter hides more than `deleted` does. */
export function narrows(filter: MemoryFilter): boolean {
  return buildPredicate(filter).text !== buildPredicate({ deleted: filter.deleted }).text;
}
