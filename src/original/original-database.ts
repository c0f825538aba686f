/**
 * One SQLite file of the original system, opened as a private copy: even reading would otherwise write beside it, and a
 * journal that a crash left could not be rolled back.
 */
import { constants } from 'node:fs';
import { chmod, copyFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { codeOf, MemoryMcpError } from '../core/errors.ts';
import { privateFileMode } from '../files/private-modes.ts';
import { openConnection } from '../store/sqlite/connection.ts';
import type { Row } from './original-memory.ts';

/** A row of `memories` before it is read whole. */
export interface RowHead {
  readonly rowid: number;
  readonly key: unknown;
  readonly created_at: unknown;
}

/** Tables of SQLite itself, of the full text, and of the original's own bookkeeping. */
const internalTables = /^(?:sqlite_|memories_fts|_migrations$)/;

/** Copies the file with its journals into `folder` and opens the copy. */
export async function openOriginalDatabase(path: string, folder: string) {
  const connection = await openConnection({ path: await copyWithJournals(path, folder), busyTimeout: 1_000 });
  const columns = (table: string): string[] =>
    connection.sql<{ name: string }>('SELECT name FROM pragma_table_info(?)').column<string>(table);
  return {
    columns,
    /** The names of all tables with content that users made. */
    tables: (): string[] =>
      connection
        .sql<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        .column<string>()
        .filter((name) => !internalTables.test(name)),
    count: (table: string): number =>
      connection.sql<{ n: number }>(`SELECT count(*) AS n FROM ${quote(table)}`).get()?.n ?? 0,
    /** All rows of a table, in the order in which they were written; none if there is no such table. */
    rows: (table: string): Row[] =>
      columns(table).length === 0 ? [] : connection.sql<Row>(`SELECT * FROM ${quote(table)} ORDER BY rowid`).all(),
    /** The last rows of a table, oldest first; none if there is no such table. */
    newestRows: (table: string, limit: number): Row[] =>
      columns(table).length === 0
        ? []
        : connection
            .sql<Row>(`SELECT * FROM ${quote(table)} ORDER BY rowid DESC LIMIT ?`)
            .all(limit)
            .reverse(),
    /** Of all memories, in the order in which they were written. */
    rowHeads(): RowHead[] {
      const known = columns('memories');
      const column = (name: string) => (known.includes(name) ? name : `NULL AS ${name}`);
      return known.length === 0
        ? []
        : connection
            .sql<RowHead>(`SELECT rowid, ${column('key')}, ${column('created_at')} FROM memories ORDER BY rowid`)
            .all();
    },
    /** Rows of `memories` by their rowid. */
    memoryRows(rowids: readonly number[]): Map<number, Row> {
      const rows = connection
        .sql<Row & { original_rowid: number }>(
          'SELECT rowid AS original_rowid, * FROM memories WHERE rowid IN (SELECT value FROM json_each(?))',
        )
        .all(JSON.stringify(rowids));
      return new Map(rows.map(({ original_rowid, ...row }) => [original_rowid, row]));
    },
    /** Rows of `memories` that have one of these words in their tags. */
    taggedMemories: (words: readonly string[]): Row[] =>
      columns('memories').includes('tags')
        ? connection
            .sql<Row>(
              'SELECT * FROM memories WHERE EXISTS (SELECT 1 FROM json_each(?) WHERE instr(tags, value) > 0) ORDER BY rowid',
            )
            .all(JSON.stringify(words))
        : [],
    /** Rows whose column holds one of these values. */
    rowsFor: (table: string, column: string, values: readonly string[]): Row[] =>
      connection
        .sql<Row>(
          `SELECT * FROM ${quote(table)} WHERE ${quote(column)} IN (SELECT value FROM json_each(?)) ORDER BY rowid`,
        )
        .all(JSON.stringify(values)),
    /** How many rows belong to no memory. */
    countLoose: (table: string, column: string): number =>
      connection
        .sql<{ n: number }>(
          `SELECT count(*) AS n FROM ${quote(table)} WHERE ${quote(column)} IS NULL
           OR ${quote(column)} NOT IN (SELECT key FROM memories WHERE key IS NOT NULL)`,
        )
        .get()?.n ?? 0,
    /** Makes `rowsFor` fast. The file is a copy. */
    createIndex(table: string, column: string): void {
      connection.execute(
        `CREATE INDEX IF NOT EXISTS ${quote(`copy_${table}_${column}`)} ON ${quote(table)} (${quote(column)})`,
      );
    },
    close: (): void => connection.close(),
  };
}

export type OriginalDatabase = Awaited<ReturnType<typeof openOriginalDatabase>>;

/** Throws `busy` if a file changed while it was copied. */
async function copyWithJournals(path: string, folder: string): Promise<string> {
  const target = join(folder, basename(path));
  const before = await fingerprint(path);
  for (const journal of ['', '-wal', '-journal']) {
    try {
      await copyFile(path + journal, target + journal, constants.COPYFILE_FICLONE);
      await chmod(target + journal, privateFileMode);
    } catch (error) {
      if (journal === '' || codeOf(error) !== 'ENOENT') throw error;
    }
  }
  if ((await fingerprint(path)) === before) return target;
  throw new MemoryMcpError('busy', `${path} changed while it was read; nothing was changed`, {
    hint: 'Stop the original system, and run the command again.',
  });
}

/** Changes whenever the database or one of its journals does. */
export async function fingerprint(path: string): Promise<string> {
  const parts = ['', '-wal', '-journal'].map(async (journal) => {
    try {
      const { ino, size, mtimeNs } = await stat(path + journal, { bigint: true });
      return `${ino} ${size} ${mtimeNs}`;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      return 'absent';
    }
  });
  return (await Promise.all(parts)).join();
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
