/**
 * One connection to one `memory.sqlite`: which native library serves it, its pragmas, and the two kinds of transaction.
 * Everything in `store/` works through a `Connection`; nothing else in the product sees SQLite.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type BetterSqlite3 from 'better-sqlite3';
import { MemoryMcpError } from '../../core/errors.ts';
import { foldText } from '../../core/text/terms.ts';
import { applicationId } from './file-header.ts';
import { isBusy, withSqliteErrors } from './sqlite-errors.ts';

export const inMemory = ':memory:';

export type Parameter = string | number | bigint | Uint8Array | null;

/** The part of a better-sqlite3 statement that the store uses. No iteration: it would lock the connection meanwhile. */
export interface Statement<Row> {
  get(...parameters: Parameter[]): Row | undefined;
  all(...parameters: Parameter[]): Row[];
  /** The first column of all rows, which is several times faster than rows of one column. */
  column<Value>(...parameters: Parameter[]): Value[];
  run(...parameters: Parameter[]): { changes: number; lastInsertRowid: number | bigint };
}

/** `durable` survives a power cut once acknowledged; `bulk` may lose the last commits to one, but is never torn. */
export type Durability = 'durable' | 'bulk';

export interface ConnectionOptions {
  readonly path: string;
  /** Milliseconds that SQLite itself waits for a lock, blocking the event loop: 1,000 in servers, 5,000 in commands. */
  readonly busyTimeout: number;
  /** The file must exist then, and is only looked at. */
  readonly readOnly?: boolean | undefined;
}

/** How often a write or an opening is tried while other processes hold the lock; each try waits `busyTimeout` itself. */
const maximumAttempts = 20;

export async function openConnection({ path, busyTimeout, readOnly = false }: ConnectionOptions): Promise<Connection> {
  const Driver = await loadDriver();
  return retryWhileBusy(path, () => {
    const database = new Driver(path, { timeout: busyTimeout, readonly: readOnly, fileMustExist: readOnly });
    try {
      applyPragmas(database);
      return connectionTo(database, { path, busyTimeout });
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

function applyPragmas(database: BetterSqlite3.Database): void {
  // Text that was deleted is overwritten with zeros, and no temporary file ever holds a memory.
  database.pragma('secure_delete = ON');
  database.pragma('temp_store = MEMORY');
  database.pragma('foreign_keys = ON');
  database.function('fold_text', { deterministic: true }, (value) =>
    typeof value === 'string' ? foldText(value) : null,
  );
  if (database.memory || database.readonly) return;
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

function connectionTo(database: BetterSqlite3.Database, { path, busyTimeout }: ConnectionOptions) {
  const statements = new Map<string, Statement<unknown>>();
  const transaction = database.transaction((work: () => unknown) => work());
  const pragma = (text: string) => withSqliteErrors(path, () => database.pragma(text, { simple: true }));
  let seenDataVersion = pragma('data_version');

  return {
    path,
    /** A prepared statement, kept for the next call with the same text: put what varies into parameters. */
    sql<Row = never>(text: string): Statement<Row> {
      let statement = statements.get(text);
      if (statement === undefined) {
        statement = explainedStatement(
          path,
          withSqliteErrors(path, () => database.prepare(text)),
        );
        statements.set(text, statement);
      }
      // The row type is the caller's claim about its own SQL.
      return statement as Statement<Row>;
    },
    execute(script: string): void {
      withSqliteErrors(path, () => database.exec(script));
    },
    pragma,
    /** Runs `work` in one snapshot of the database. May be nested, and may stand inside a `write`. */
    read<Result>(work: () => Result): Result {
      // A transaction returns what its work returns; the type is lost in the untyped wrapper.
      return withSqliteErrors(path, () => transaction(work) as Result);
    },
    /**
     * Runs `work` as a writer, all or nothing. Waits for other writers without blocking the event loop for longer than
     * `busyTimeout`. Never inside another transaction.
     */
    write: <Result>(work: () => Result, durability: Durability = 'durable'): Promise<Result> =>
      retryWhileBusy(path, () => {
        if (database.inTransaction) throw new Error('A write transaction cannot begin inside another transaction');
        if (durability === 'bulk') pragma('synchronous = NORMAL');
        try {
          // SQLite does not call the busy handler when a read transaction turns into a write: begin as a writer.
          return transaction.immediate(work) as Result;
        } finally {
          if (durability === 'bulk') pragma('synchronous = FULL');
        }
      }),
    /**
     * Moves the whole WAL into the database and empties it. False if another connection still needs what is in it;
     * never waits for one.
     */
    emptyWal(): boolean {
      pragma('busy_timeout = 0');
      try {
        return pragma('wal_checkpoint(TRUNCATE)') === 0;
      } finally {
        pragma(`busy_timeout = ${busyTimeout}`);
      }
    },
    /** True once another connection has committed since the last call: its writes may be unknown here. */
    changedElsewhere(): boolean {
      const version = pragma('data_version');
      if (version === seenDataVersion) return false;
      seenDataVersion = version;
      return true;
    },
    close: (): void => {
      database.close();
    },
  };
}

export type Connection = ReturnType<typeof connectionTo>;

function explainedStatement(path: string, statement: BetterSqlite3.Statement): Statement<unknown> {
  return {
    get: (...parameters) => withSqliteErrors(path, () => statement.get(...parameters)),
    all: (...parameters) => withSqliteErrors(path, () => statement.all(...parameters)),
    column: <Value>(...parameters: Parameter[]) =>
      withSqliteErrors(path, () => {
        statement.pluck(true);
        try {
          // The type is the caller's claim about its own SQL.
          return statement.all(...parameters) as Value[];
        } finally {
          statement.pluck(false);
        }
      }),
    run: (...parameters) => withSqliteErrors(path, () => statement.run(...parameters)),
  };
}

async function retryWhileBusy<Result>(path: string, attempt: () => Result): Promise<Result> {
  for (let round = 1; ; round++) {
    try {
      return withSqliteErrors(path, attempt);
    } catch (error) {
      if (!isBusy(error) || round === maximumAttempts) throw error;
      await delay(Math.min(5 * 2 ** round, 250) * (0.5 + Math.random()));
    }
  }
}
