/**
 * Stores memories as they are elsewhere, with every field and under their own keys. Never replaces what is newer here, and
 * never brings back what was permanently deleted here. Importing again changes nothing.
 */
import type { ForeignMemory, Memory, MemoryFields, MemoryId, MemoryKey, Timestamp } from '../core/memory.ts';
import type { ImportedFields } from './imported-fields.ts';
import type { MemoryReading } from './memory-reading.ts';
import { hashContent, overwriteManaged, pickFields, toManagedParameters } from './memory-rows.ts';
import type { MemoryVersion, MemoryVersions, VersionCause } from './memory-versions.ts';
import type { Connection } from './sqlite/connection.ts';

/** `kept`: the memory here is as new or newer. `erased`: it was permanently deleted here, and stays so. */
export type ImportOutcome = 'added' | 'updated' | 'kept' | 'erased';

/**
 * When an imported memory is one that is here already.
 * - `key`: it has the same key.
 * - `key and time`: it has the same key and was created at the same moment. Two stores give the same key to memories of
 *   the same second, so another memory may have the key here; then the imported one gets a number.
 * - `text`: it has the same key or the same text, even if it was changed or deleted here since.
 */
export type ImportIdentity = 'key' | 'key and time' | 'text';

export type ImportedMemory = ForeignMemory & {
  /** `key` if absent. */
  readonly identity?: ImportIdentity | undefined;
  /** The earlier versions, if they are known. */
  readonly versions?: readonly MemoryVersion[] | undefined;
  /** What it had before an earlier import and has no field here. */
  readonly imported?: ImportedFields | undefined;
};

interface MemoryImportDeps {
  readonly connection: Connection;
  readonly reading: Pick<MemoryReading, 'read'>;
  readonly versions: MemoryVersions;
  readonly findFreeKey: (base: MemoryKey) => MemoryKey;
  readonly insert: (memory: MemoryFields & Pick<Memory, 'key' | 'created_at' | 'updated_at' | 'source'>) => MemoryId;
  readonly overwrite: (memory: Memory, fields: MemoryFields, now: Timestamp, cause: VersionCause) => Memory;
}

export function createMemoryImport({
  connection,
  reading,
  versions,
  findFreeKey,
  insert,
  overwrite,
}: MemoryImportDeps) {
  const wasErased = (key: MemoryKey) =>
    connection.sql('SELECT 1 FROM erased_keys WHERE key = ?').get(key) !== undefined;
  const keyWithText = (content: string, createdAt: Timestamp | undefined) =>
    connection
      .sql<{ key: string }>(
        'SELECT key FROM memories WHERE content_hash = ? AND created_at = coalesce(?, created_at) ORDER BY id LIMIT 1',
      )
      .get(hashContent(content), createdAt ?? null)?.key;
  const readIf = (key: MemoryKey | undefined) => (key === undefined ? undefined : reading.read(key));

  function findKnown({ key, content, created_at, identity = 'key' }: ImportedMemory): Memory | undefined {
    const holder = reading.read(key);
    if (identity === 'key') return holder;
    if (identity === 'text') return holder ?? readIf(keyWithText(content, undefined));
    if (holder === undefined ? !wasErased(key) : holder.created_at === created_at) return holder;
    // An earlier import may have stored it under a number.
    return readIf(keyWithText(content, created_at));
  }

  function decide(foreign: ImportedMemory): { outcome: ImportOutcome; known?: Memory | undefined } {
    const known = findKnown(foreign);
    if (known === undefined) return { outcome: wasErased(foreign.key) ? 'erased' : 'added' };
    const isNewer = foreign.identity !== 'text' && foreign.updated_at > known.updated_at;
    return { outcome: isNewer ? 'updated' : 'kept', known };
  }

  /** Gives a memory every field that it has elsewhere. What was here before becomes a version. */
  function importOne(foreign: ImportedMemory, now: Timestamp): ImportOutcome {
    const { outcome, known } = decide(foreign);
    if (outcome === 'added') {
      const id = insert({ ...foreign, key: findFreeKey(foreign.key) });
      setManaged(id, foreign, foreign.version);
    } else if (outcome === 'updated' && known !== undefined) {
      const { version } = overwrite(known, pickFields(foreign), now, 'merge');
      setManaged(known.id, foreign, Math.max(version, foreign.version));
    }
    return outcome;
  }

  function setManaged(id: MemoryId, foreign: ImportedMemory, version: number): void {
    connection.sql(overwriteManaged).run(...toManagedParameters({ ...foreign, version }), id);
    if (foreign.imported !== undefined) {
      connection
        .sql('INSERT OR REPLACE INTO imported_fields (memory_id, fields) VALUES (?, ?)')
        .run(id, JSON.stringify(foreign.imported));
    }
    const earlier = foreign.versions ?? [];
    versions.add(
      id,
      earlier.filter((entry) => entry.version < version),
    );
  }

  return {
    /** Stores memories in one transaction. A power failure may undo it until `completeImport`. */
    importAll: (memories: readonly ImportedMemory[], now: Timestamp): Promise<ImportOutcome[]> =>
      connection.write(() => memories.map((memory) => importOne(memory, now)), 'bulk'),
    /** What `importAll` would do with a memory. */
    importOutcome: (memory: ImportedMemory): ImportOutcome => decide(memory).outcome,
    /** Makes everything that was imported survive a power failure. */
    completeImport: (now: Timestamp): Promise<void> =>
      connection.write(() => {
        // Any durable commit takes the ones before it along.
        connection.sql("INSERT OR REPLACE INTO meta (name, value) VALUES ('imported_at', ?)").run(now);
      }),
  };
}
