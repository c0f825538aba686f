/**
 * What becomes of an exported memory that may have been edited outside: the edit is taken over as a new version, unless the
 * memory has been changed here too since the export.
 */
import type { Memory, MemoryFields } from '../core/memory.ts';
import { memoryFieldNames, memoryFields } from '../core/memory-fields.ts';
import type { Scope } from '../persona/scope.ts';
import type { ImportedMemory } from '../store/memory-import.ts';
import { deduplicateTags, hashContent, pickFields } from '../store/memory-rows.ts';
import type { MemoryVersion } from '../store/memory-versions.ts';

export function applyEdit({ workspace, clock }: Scope, edited: ImportedMemory): ImportedMemory | { reason: string } {
  const { memories } = workspace.store;
  const here = memories.read(edited.key);
  if (here === undefined || here.created_at !== edited.created_at) return { ...edited, identity: 'key and time' };
  const since = memories.versions(edited.key).filter(({ version }) => version >= edited.version);
  if (isSame(here, edited) || isUntouched(here, edited, since)) return { ...here, identity: 'key' };
  // Earlier imports of the same file are no change from elsewhere.
  const changedHere = since.some(({ replaced_by }) => replaced_by !== 'merge');
  if (changedHere || (since.length === 0 && here.updated_at > edited.updated_at)) {
    return { reason: 'it was edited, and the memory was changed here too since the export' };
  }
  const fault = findFault(here, edited);
  if (fault !== undefined) return { reason: fault };
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

/** Whether nothing of it would be lost if it was exported again: it has the fields of the memory, or of an earlier version. */
export function isUnedited(
  { memory, versions }: { readonly memory: Memory; readonly versions: readonly MemoryVersion[] },
  exported: ImportedMemory,
): boolean {
  const since = versions.filter(({ version }) => version >= exported.version);
  const isOfMemory = exported.key === memory.key && exported.created_at === memory.created_at;
  return isOfMemory && (isSame(memory, exported) || isUntouched(memory, exported, since));
}

function isSame(here: Memory, edited: ImportedMemory): boolean {
  return hasSameFields(here, edited) && here.pinned === edited.pinned && here.deleted_at === edited.deleted_at;
}

/** Whether it is as the memory was when it was exported, which has been changed here since. */
function isUntouched(here: Memory, edited: ImportedMemory, since: readonly MemoryVersion[]): boolean {
  const exported = since.find(({ version }) => version === edited.version);
  const changed = (...causes: readonly string[]) => since.some(({ replaced_by }) => causes.includes(replaced_by));
  return (
    exported !== undefined &&
    hasSameFields(exported.fields, edited) &&
    (here.pinned === edited.pinned || changed('pin')) &&
    (here.deleted_at === edited.deleted_at || changed('delete', 'restore'))
  );
}

/** Editors change line ends and white space at the ends, which is no edit. */
function hasSameFields(one: MemoryFields, other: MemoryFields): boolean {
  const names = memoryFieldNames.filter((name) => name !== 'content' && name !== 'tags');
  return (
    hashContent(one.content) === hashContent(other.content) &&
    deduplicateTags(other.tags).join('\n') === one.tags.join('\n') &&
    names.every((name) => one[name] === other[name])
  );
}

/** A field that was changed to a value that it cannot have. What is too long already may stay. */
function findFault(here: Memory, edited: ImportedMemory): string | undefined {
  for (const name of memoryFieldNames) {
    if (edited[name] === undefined || edited[name] === here[name]) continue;
    const parsed = memoryFields[name].schema.safeParse(edited[name]);
    if (!parsed.success) return `${name}: ${parsed.error.issues[0]?.message}`;
  }
  return undefined;
}
