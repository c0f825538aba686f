/**
 * Copies a persona of the original system into a store, and checks afterwards that everything is there as it should be.
 * Running it again changes nothing: a memory that is here already, as new or newer, stays.
 */
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MemoryMcpError } from '../core/errors.ts';
import type { ForeignMemory, Memory, Timestamp } from '../core/memory.ts';
import { managedFields, memoryFields, namesOf } from '../core/memory-fields.ts';
import type { ImportedFields } from '../store/imported-fields.ts';
import type { ImportedMemory, ImportOutcome } from '../store/memory-import.ts';
import { pickFields, toStoredText } from '../store/memory-rows.ts';
import type { MemoryStore } from '../store/memory-store.ts';
import type { MemoryVersion } from '../store/memory-versions.ts';
import type { OriginalMemory } from './original-memory.ts';
import type { OriginalPersona, ReadEntry } from './original-persona.ts';

export interface ImportProgress {
  readonly done: number;
  readonly total: number;
}

export interface ImportDeps {
  readonly store: MemoryStore;
  readonly now: Timestamp;
  readonly onProgress: (progress: ImportProgress) => void;
}

/** In the log of operations. */
const originalProgram = 'original system';

export type ImportCounts = Record<ImportOutcome, number>;

export interface Verification {
  /** Memories that were read back and compared, field by field. */
  readonly compared: number;
  /** Over all texts in order, there and here. */
  readonly content_sha256: string;
}

export async function importPersona(original: OriginalPersona, deps: ImportDeps): Promise<ImportCounts> {
  const { store, now, onProgress } = deps;
  const counts: ImportCounts = { added: 0, updated: 0, kept: 0, erased: 0 };
  let done = 0;
  for await (const page of original.pages()) {
    const entries = page.flatMap(memoryIn);
    const outcomes = await store.memories.importAll(entries.map(toImported), now);
    for (const outcome of outcomes) counts[outcome] += 1;
    const arrived = entries.filter(
      ({ memory: { key, created_at }, kept }) =>
        Object.keys(kept).length > 0 && store.memories.read(key)?.created_at === created_at,
    );
    await store.importedFields.put(new Map(arrived.map(({ memory, kept }) => [memory.key, kept as ImportedFields])));
    done += page.length;
    onProgress({ done, total: original.entries });
    await nextTurn();
  }
  await importContext(original, store);
  await store.operations.importAll(originalProgram, original.operations(now));
  return counts;
}

/** A persona that was here before may have given the same key to another memory of the same second. */
const toImported = (entry: OriginalMemory): ImportedMemory => ({
  ...entry.memory,
  identity: 'key and time',
  versions: toVersions(entry),
});

/** What the original did not keep of an earlier state is as it is now. */
function toVersions({ memory, past }: OriginalMemory): MemoryVersion[] {
  return past.map(({ content, tags, importance, emotion, replaced_at }, index) => ({
    version: index + 1,
    replaced_at,
    replaced_by: 'update',
    fields: {
      ...pickFields(memory),
      content,
      tags: tags ?? memory.tags,
      importance: importance ?? memory.importance,
      emotion: emotion ?? memory.emotion,
    },
  }));
}

/** Only what the store does not know yet: what was said here is newer. */
async function importContext({ context }: OriginalPersona, store: MemoryStore): Promise<void> {
  if (context.size === 0) return;
  await store.context.change((current) => new Map([...context].filter(([name]) => !current.has(name))));
}

/** Throws `internal` at the first memory that is not here as it was there. */
export async function verifyImport(original: OriginalPersona, store: MemoryStore): Promise<Verification> {
  const [there, here] = [createHash('sha256'), createHash('sha256')];
  let compared = 0;
  for await (const page of original.pages()) {
    for (const entry of page.flatMap(memoryIn)) {
      const { memory, past } = entry;
      const found = store.memories.read(memory.key);
      const stored = found?.created_at === memory.created_at ? found : undefined;
      if (stored === undefined) {
        const outcome = store.memories.importOutcome(toImported(entry));
        // Permanently deleted here, or here under a number.
        if (outcome === 'erased' || outcome === 'kept') continue;
        throw notVerified(memory, 'it is missing');
      }
      if (isChangedHere(memory, stored)) continue;
      const difference = findDifference(memory, stored);
      if (difference !== undefined) throw notVerified(memory, difference);
      if (store.memories.versions(memory.key).length < past.length) {
        throw notVerified(memory, 'earlier versions are missing');
      }
      there.update(toStoredText(memory.content));
      here.update(stored.content);
      compared += 1;
    }
    await nextTurn();
  }
  const checksum = here.digest('hex');
  if (there.digest('hex') !== checksum) throw notVerified(undefined, 'the checksum of the texts differs');
  const count = store.memories.count({ deleted: 'include' });
  if (count < compared) throw notVerified(undefined, `${count} of ${compared} memories are there`);
  return { compared, content_sha256: checksum };
}

const comparedFields = [...namesOf(managedFields), ...namesOf(memoryFields)].filter((name) => name !== 'tags');

/** Changed or read here since an earlier import. */
function isChangedHere(memory: ForeignMemory, stored: Memory): boolean {
  return (
    stored.version > memory.version ||
    stored.updated_at > memory.updated_at ||
    stored.access_count > memory.access_count
  );
}

function findDifference(memory: ForeignMemory, stored: Memory): string | undefined {
  const stays = (value: unknown) => JSON.stringify(typeof value === 'string' ? toStoredText(value) : value);
  const field = comparedFields.find((name) => stays(memory[name]) !== stays(stored[name]));
  return field === undefined ? undefined : `${field} differs`;
}

function memoryIn(entry: ReadEntry): OriginalMemory[] {
  return 'memory' in entry ? [entry.memory] : [];
}

function notVerified(memory: ForeignMemory | undefined, what: string): MemoryMcpError {
  const subject = memory === undefined ? 'The import' : `Memory ${memory.key}`;
  return new MemoryMcpError('internal', `${subject} did not pass the check after the import: ${what}`, {
    hint: 'Nothing was changed in the original files. Please report this.',
  });
}
