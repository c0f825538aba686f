/**
 * The original system's log of operations: what was done when, and to which memory. The texts in it are not taken over,
 * but for those that an update replaced (see `past-states.ts`): they hold what was deleted.
 */
import type { Timestamp } from '../core/memory.ts';
import type { ImportedOperation } from '../store/operation-log.ts';
import { wordsIn } from './cells.ts';
import type { OriginalDatabase } from './original-database.ts';
import { readTime } from './times.ts';

/** As many as our log keeps. */
const newest = 10_000;

const ourNames: Readonly<Record<string, string>> = {
  create: 'memory_create',
  update: 'memory_update',
  delete: 'memory_delete',
  read: 'memory_read',
  search: 'memory_search',
  list: 'memory_list',
  get_persona_context: 'get_context',
};

/** Oldest first, without those that failed and those with a time after `now`. */
export function readOperations(database: OriginalDatabase, timeZone: string, now: Timestamp): ImportedOperation[] {
  return database.newestRows('operations', newest).flatMap(({ timestamp, operation, key, success }) => {
    const at = readTime(timestamp, timeZone)?.at;
    const name = wordsIn(operation);
    if (at === undefined || at > now || name === undefined || success === 0) return [];
    return { at, operation: ourNames[name] ?? name, key: wordsIn(key) };
  });
}
