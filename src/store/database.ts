/**
 * One connection to one `memory.sqlite`: which native library serves it, its pragmas, and the two kinds of transaction.
 * Everything in `store/` works through a `Connection`; nothing else in the product sees SQLite.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type BetterSqlite3 from 'better-sqlite3';
import { codeOf, MemoryMcpError, reasonOf } from '../core/errors.ts';
import { applicationId } from './database-header.ts';

export const inMemory = ':memory:';

export type Parameter = string | number | bigint | Uint8Array | null;

/** The part of a better-sqlite3 statement that the store uses. */
export interface Statement<Row> {
  get(...parameters: Parameter[]): Row | undefined;
  all(...parameters: Parameter[]): Row[];
  iterate(...parameters: Parameter[]): IterableIterator<Row>;
  run(...parameters: Parameter[]): { changes: number; lastInsertRowid: number | bigint };
}

export interface Connection {
  readonly path: string;
  /** A prepared statement, kept for the next call with the same text. */
  sql<Row = never>(text: string): Statement<Row>;
  execute(script: string): void;
  pragma(text: string): unknown;
  /** Runs `work` in one snapshot of the database. */
  read<Result>(work: () => Result): Result;
  /** Runs `work` as a writer. Waits for other writers without blocking the event loop for longer than `busyTimeout`. */
  write<Result>(work: () => Result, durability?: Durability): Promise<Result>;
  /** True once another connection has committed since the last call: its writes may be unknown here. */
  changedElsewhere(): boolean;
  close(): void;
}

/** `durable` survives a power cut once acknowledged; `bulk` may lose the last commits to one, but is never torn. */
export type Durability = 'durable' | 'bulk';

export interface ConnectionOptions {
  readonly path: string;
  /** Milliseconds that SQLite itself waits for a lock, blocking the event loop: 1,000 in servers, 5,000 in commands. */
  readonly busyTimeout: number;
  readonly readOnly?: boolean | undefined;
}

/** How often a write or an opening is tried while other processes hold the lock; each try waits `busyTimeout` itself. */
const maximumAttempts = 20;

export async function openConnection({ path, busyTimeout, readOnly = false }: ConnectionOptions): Promise<Connection> {
  const Driver = await loadDriver();
  return retryWhileBusy(path, () => {
    const database = new Driver(path, { timeout: busyTimeout, readonly: readOnly, fileMustExist: readOnly });
    try {
      applyPragmas(database, readOnly);
      return connectionTo(database, path);
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

async function loadDriver(): Promise<typeof BetterSqlite3> {
  const nodeMajor = Number(process.versions.node.split('.')[0]);
  const name = nodeMajor >= 22 ? 'better-sqlite3-prebuilt' : 'better-sqlite3';
  try {
    const loaded = nodeMajor >= 22 ? await import('better-sqlite3-prebuilt') : await import('better-sqlite3');
    return loaded.default;
  } catch (cause) {
    throw new MemoryMcpError('backend_unavailable', `The database library ${name} could not be loaded`, {
      hint:
        nodeMajor >= 22
          ? 'Reinstall memory-mcp; its optional and regular dependencies must both be installed.'
          : 'Use Node 22 or newer, or run "npm rebuild better-sqlite3" where memory-mcp is installed (it needs a C++ compiler).',
      cause,
    });
  }
}

function applyPragmas(database: BetterSqlite3.Database, readOnly: boolean): void {
  // Text that was deleted is overwritten with zeros, and no temporary file ever holds a memory.
  database.pragma('secure_delete = ON');
  database.pragma('temp_store = MEMORY');
  database.pragma('foreign_keys = ON');
  database.function('fold_text', { deterministic: true }, foldForSql);
  if (readOnly || database.memory) return;
  // Switching to WAL ignores the busy timeout, so it is only asked for when it is needed.
  if (database.pragma('journal_mode', { simple: true }) !== 'wal') {
    claimEmptyFile(database);
    database.pragma('journal_mode = WAL');
  }
  if (process.platform === 'darwin') database.pragma('fullfsync = ON');
  database.pragma('synchronous = FULL');
}

/**
 * Marks a new file as ours while it still has a rollback journal: afterwards the mark would sit in the WAL, and a
 * process that reads the header of the file at that moment would take it for somebody else's.
 */
function claimEmptyFile(database: BetterSqlite3.Database): void {
  database
    .transaction(() => {
      // Not page_count: beginning to write has given an empty file its first page already.
      if (database.pragma('schema_version', { simple: true }) === 0) {
        database.pragma(`application_id = ${applicationId}`);
      }
    })
    .immediate();
}

function foldForSql(value: unknown): string | null {
  return typeof value === 'string' ? value.normalize('NFKC').toLowerCase() : null;
}

function connectionTo(database: BetterSqlite3.Database, path: string): Connection {
  const statements = new Map<string, unknown>();
  const inWriteTransaction = database.transaction((work: () => unknown) => work());
  let seenDataVersion = database.pragma('data_version', { simple: true });
  const write = <Result>(work: () => Result): Result =>
    // SQLite does not call the busy handler when a read transaction turns into a write: begin as a writer.
    // The transaction returns what `work` returns; its type is lost in the untyped wrapper.
    inWriteTransaction.immediate(work) as Result;

  return {
    path,
    sql<Row>(text: string): Statement<Row> {
      let statement = statements.get(text);
      if (statement === undefined) {
        statement = database.prepare(text);
        statements.set(text, statement);
      }
      // The row type is the caller's claim about its own SQL.
      return statement as Statement<Row>;
    },
    execute: (script) => database.exec(script),
    pragma: (text) => database.pragma(text, { simple: true }),
    read: (work) => database.transaction(work)(),
    write: (work, durability = 'durable') =>
      retryWhileBusy(path, () => {
        if (durability === 'durable') return write(work);
        database.pragma('synchronous = NORMAL');
        try {
          return write(work);
        } finally {
          database.pragma('synchronous = FULL');
        }
      }),
    changedElsewhere() {
      const version = database.pragma('data_version', { simple: true });
      if (version === seenDataVersion) return false;
      seenDataVersion = version;
      return true;
    },
    close: () => {
      database.close();
    },
  };
}

async function retryWhileBusy<Result>(path: string, attempt: () => Result): Promise<Result> {
  for (let round = 1; ; round++) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || round === maximumAttempts) throw translated(error, path);
      await delay(Math.min(5 * 2 ** round, 250) * (0.5 + Math.random()));
    }
  }
}

function isBusy(error: unknown): boolean {
  const code = codeOf(error) ?? '';
  return code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED');
}

/** SQLite's failures in the product's own words; anything else passes unchanged. */
function translated(error: unknown, path: string): unknown {
  if (error instanceof MemoryMcpError) return error;
  const code = codeOf(error) ?? '';
  if (!code.startsWith('SQLITE_')) return error;
  if (isBusy(error)) {
    return new MemoryMcpError('busy', `${path} is locked by another program; nothing was stored`, {
      hint: 'Try again. If it stays so, close the program that holds the file open.',
      cause: error,
    });
  }
  if (code === 'SQLITE_FULL') {
    return new MemoryMcpError('backend_unavailable', `The disk that holds ${path} is full; nothing was stored`, {
      hint: 'Free some space and try again. What was acknowledged before is safe.',
      cause: error,
    });
  }
  if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_PERM')) {
    return new MemoryMcpError('backend_unavailable', `${path} cannot be opened for writing (${reasonOf(error)})`, {
      hint: 'Check who owns the file and its folder; the folder must be writable and on a local disk.',
      cause: error,
    });
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return new MemoryMcpError('corrupt', `${path} is damaged (${reasonOf(error)})`, {
      hint: 'Run "memory-mcp doctor"; restore a backup if it cannot repair the file.',
      cause: error,
    });
  }
  if (code.startsWith('SQLITE_IOERR')) {
    return new MemoryMcpError('backend_unavailable', `${path} could not be read or written (${reasonOf(error)})`, {
      hint: 'Check the disk and its free space.',
      cause: error,
    });
  }
  return error;
}
