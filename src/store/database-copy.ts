/**
 * Consistent copies of a `memory.sqlite`, and the checks of such a copy. Neither changes the file that it reads.
 */

import { MemoryMcpError } from '../core/errors.ts';
import type { MemoryFilter, MemoryId } from '../core/memory.ts';
import { documentTerms, termsVersion } from '../core/text/terms.ts';
import { createFullText } from './full-text.ts';
import { type Connection, openConnection } from './sqlite/connection.ts';
import { detectFileKind } from './sqlite/file-header.ts';
import { refuseNewerSchema } from './sqlite/migrations.ts';
import { copyPrivately, isReadOnlyMount } from './sqlite/private-copy.ts';

export interface DatabaseSummary {
  readonly storeId: string;
  readonly schemaVersion: number;
  /** Without deleted ones. */
  readonly memories: number;
  readonly deleted: number;
  /** Earlier versions of memories. */
  readonly versions: number;
}

const busyTimeout = 5_000;
const sampleSize = 100;

/**
 * Writes a copy of the database at `path` to the new file `target`. It contains everything committed before the call,
 * also while other processes write. Throws `conflict` for a file of another program or a newer version, and `not_found`
 * if there is none.
 */
export async function copyDatabase(path: string, target: string): Promise<void> {
  requireOurs(path);
  const copy = isReadOnlyMount(path) ? await copyPrivately(path) : undefined;
  try {
    const connection = await openConnection({ path: copy?.path ?? path, busyTimeout, readOnly: true });
    try {
      // One read snapshot. SQLite's backup interface starts over whenever another process writes.
      connection.sql('VACUUM INTO ?').run(target);
    } finally {
      connection.close();
    }
  } finally {
    await copy?.remove();
  }
}

/** Checks the integrity of a database that nobody else uses, and counts what is in it. Throws `corrupt` if it is damaged. */
export async function inspectDatabase(path: string): Promise<DatabaseSummary> {
  requireOurs(path);
  const connection = await openConnection({ path, busyTimeout, readOnly: true });
  try {
    const found = String(connection.pragma('integrity_check'));
    if (found !== 'ok') throw new MemoryMcpError('corrupt', `${path} is damaged: ${found}`);
    const unfound = findUnsearchable(connection);
    if (unfound !== undefined) {
      throw new MemoryMcpError('corrupt', `${path} is damaged: the full text does not contain memory ${unfound}`);
    }
    return summarize(connection);
  } finally {
    connection.close();
  }
}

function requireOurs(path: string): void {
  const kind = detectFileKind(path);
  if (kind.kind === 'ours') refuseNewerSchema(path, kind.schemaVersion);
  else if (kind.kind === 'absent') throw new MemoryMcpError('not_found', `${path} does not exist or is empty`);
  else {
    throw new MemoryMcpError('conflict', `${path} was not created by memory-mcp`, {
      hint: 'Move it out of the data folder, or use the command for single personas with --persona.',
    });
  }
}

function summarize(connection: Connection): DatabaseSummary {
  const count = (text: string) => connection.sql<{ count: number }>(text).get()?.count ?? 0;
  return {
    storeId: meta(connection, 'store_id'),
    schemaVersion: Number(connection.pragma('user_version')),
    memories: count('SELECT count(*) AS count FROM memories WHERE deleted_at IS NULL'),
    deleted: count('SELECT count(*) AS count FROM memories WHERE deleted_at IS NOT NULL'),
    versions: count('SELECT count(*) AS count FROM memory_versions'),
  };
}

/** Searches for a sample of the memories by their own words. Returns the key of one that is not found. */
export function findUnsearchable(connection: Connection): string | undefined {
  // Texts that another version of the program has split are indexed again when the store is opened.
  if (meta(connection, 'terms_version') !== String(termsVersion)) return undefined;
  const fullText = createFullText(connection);
  const documentsWith = fullText.frequencies();
  const live: MemoryFilter = { deleted: 'exclude' };
  const sample = connection
    .sql<{ id: MemoryId; key: string; content: string }>(
      `SELECT id, key, content FROM memories WHERE deleted_at IS NULL ORDER BY (id * 2654435761) % 4294967296 LIMIT ?`,
    )
    .all(sampleSize);
  return sample.find(({ id, content }) => {
    const terms = [...new Set(documentTerms(content))].map((text) => ({ text, prefix: false, weight: 1 }));
    const rarest = smallestBy(terms, documentsWith);
    return rarest !== undefined && !fullText.postings(rarest, live, Number.MAX_SAFE_INTEGER).includes(id);
  })?.key;
}

function smallestBy<Item>(items: readonly Item[], sizeOf: (item: Item) => number): Item | undefined {
  const sized = items.map((item) => ({ item, size: sizeOf(item) }));
  return sized.sort((one, other) => one.size - other.size)[0]?.item;
}

function meta(connection: Connection, name: string): string {
  return String(connection.sql<{ value: unknown }>('SELECT value FROM meta WHERE name = ?').get(name)?.value);
}
