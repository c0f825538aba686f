/**
 * What becomes of an exported memory that may have been edited outside: the edit is taken over as a new version, unless the
 * memory has been changed here too since the export.
 */
import type { Memory } from '../core/memory.ts';
import { memoryFieldNames } from '../core/memory-fields.ts';
import type { Scope } from '../persona/scope.ts';
import type { ImportedMemory } from '../store/memory-import.ts';
import { deduplicateTags, hashContent, pickFields } from '../store/memory-rows.ts';

export function applyEdit({ workspace, clock }: Scope, edited: ImportedMemory): ImportedMemory | { reason: string } {
  const here = workspace.store.memories.read(edited.key);
  if (here === undefined || here.created_at !== edited.created_at) return { ...edited, identity: 'key and time' };
  if (isSame(here, edited)) return { ...here, identity: 'key' };
  if (here.updated_at > edited.updated_at) {
    return { reason: 'it was edited, and the memory was changed here too since the export' };
  }
  const now = clock.now().getTime();
  return {
    ...here,
    ...pickFields(edited),
    pinned: edited.pinned,
    deleted_at: edited.deleted_at,
    // Later than what is here, also where the clock was set back.
    updated_at: new Date(Math.max(now, Date.parse(here.updated_at) + 1)).toISOString(),
    version: here.version + 1,
    identity: 'key',
  };
}

/** Editors change line ends and white space at the ends, which is no edit. */
function isSame(here: Memory, edited: ImportedMemory): boolean {
  const names = memoryFieldNames.filter((name) => name !== 'content' && name !== 'tags');
  return (
    hashContent(here.content) === hashContent(edited.content) &&
    deduplicateTags(edited.tags).join('\n') === here.tags.join('\n') &&
    names.every((name) => here[name] === edited[name]) &&
    here.pinned === edited.pinned &&
    here.deleted_at === edited.deleted_at
  );
}
