/**
 * A connection to a `memory.sqlite`: loads the native library, sets the pragmas, and runs read and write transactions.
 * Everything in `store/` uses a `Connection`. No other code calls SQLite.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type BetterSqlite3 from 'better-sqlite3';
import { MemoryMcpError } from '../../core/errors.ts';
import { foldText } from '../../core/text/spellings.ts';
import { secondLength } from '../../core/time/durations.ts';
import { fileIdentity } from '../../files/file-identity.ts';
import { loadSqliteDriver } from '../../files/sqlite-driver.ts';
import { applicationId } from './file-header.ts';
import { isBusy, withSqliteErrors } from './sqlite-errors.ts';

export const inMemory = ':memory:';

export type Parameter = string | number | bigint | Uint8Array | null;

/** The part of a better-sqlite3 statement that the store uses. No iteration, because it would block the connection. */
export interface Statement<Row> {
  get(...parameters: Parameter[]): Row | undefined;
  all(...parameters: Parameter[]): Row[];
  /** The first column of all rows. Several times faster than `all` with one column. */
  column<Value>(...parameters: Parameter[]): Value[];
  run(...parameters: Parameter[]): { changes: number; lastInsertRowid: number | bigint };
}

/** A `durable` commit survives a power failure. `bulk` commits may be lost to one, but never corrupt the file. */
export type Durability = 'durable' | 'bulk';

export interface ConnectionOptions {
  readonly path: string;
  /**
   * Milliseconds that one attempt to write or to open waits for a lock, while blocking the event loop. Very short in
   * servers, where a waiting writer would block all personas.
   */
  readonly busyTimeout: number;
  /** Opens an existing file without changing it. */
  readonly readOnly?: boolean | undefined;
  /**
   * Opens an existing file for queries alone. Unlike `readOnly`, it leaves no `-wal` and `-shm` behind where no other
   * process has the file open, and no read waits longer than `busyTimeout`.
   */
  readonly queriesOnly?: boolean | undefined;
}

/** How long to retry a write or an open while other processes hold the lock, in milliseconds. */
const lockPatience = 20 * secondLength;
/** Readers rarely wait for other processes, for example during the recovery of a WAL after a crash. */
const readerBusyTimeout = secondLength;

export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { path, busyTimeout, readOnly = false, queriesOnly = false } = options;
  const Driver = await loadSqliteDriver();
  return retryWhileBusy(path, () => {
    const fileMustExist = readOnly || queriesOnly;
    const database = new Driver(path, { timeout: busyTimeout, readonly: readOnly, fileMustExist });
    try {
      if (queriesOnly) database.pragma('query_only = ON');
      applyPragmas(database, { mayWrite: !queriesOnly });
      if (!queriesOnly) database.pragma(`busy_timeout = ${readerBusyTimeout}`);
      return createConnection(database, { path, busyTimeout });
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

function applyPragmas(database: BetterSqlite3.Database, { mayWrite }: { mayWrite: boolean }): void {
  // Overwrite deleted content with zeros, and never write memories to temporary files.
  database.pragma('secure_delete = ON');
  database.pragma('temp_store = MEMORY');
  database.pragma('foreign_keys = ON');
  database.function('fold_text', { deterministic: true }, (value) =>
    typeof value === 'string' ? foldText(value) : null,
  );
  if (database.memory || database.readonly || !mayWrite) return;
  // Switching to WAL ignores the busy timeout, so do it only if necessary.
  if (database.pragma('journal_mode', { simple: true }) !== 'wal') {
    claimEmptyFile(database);
    database.pragma('journal_mode = WAL');
  }
  if (process.platform === 'darwin') database.pragma('fullfsync = ON');
  database.pragma('synchronous = FULL');
}

/**
 * Sets the application id of a new file while it still has a rollback journal. In WAL mode the id would be in the WAL at
 * first, and another process that reads only the file header would take the file for a foreign one.
 */
function claimEmptyFile(database: BetterSqlite3.Database): void {
  database
    .transaction(() => {
      // Not page_count: starting the write transaction has already added the first page to an empty file.
      if (database.pragma('schema_version', { simple: true }) === 0) {
        database.pragma(`application_id = ${applicationId}`);
      }
    })
    .immediate();
}

function createConnection(database: BetterSqlite3.Database, { path, busyTimeout }: ConnectionOptions) {
  const statements = new Map<string, Statement<unknown>>();
  const transaction = database.transaction((work: () => unknown) => work());
  const pragma = (text: string) => withSqliteErrors(path, () => database.pragma(text, { simple: true }));
  let lastWrite: Promise<unknown> = Promise.resolve();
  const onDisk = !database.memory && !database.readonly;
  const identity = onDisk ? fileIdentity(path) : undefined;
  let wal: string | undefined;
  let walLost = false;
  let failedWrites = 0;

  const isInPlace = (): boolean => !onDisk || (!walLost && fileIdentity(path) === identity);

  /**
   * Detects that the `-wal` file was deleted while the database is open, which would lose the commits in it. Called after
   * each commit, before it is acknowledged. The deleted file is still open then, so a checkpoint saves its content.
   */
  function keepCommits(): void {
    const found = fileIdentity(`${path}-wal`);
    wal ??= found;
    if (!walLost && found !== undefined && found === wal) return;
    walLost = true;
    // A new WAL file belongs to another process. A checkpoint of the old one would then damage the database.
    if (found === undefined && fileIdentity(path) === identity && truncateWal()) return;
    throw new MemoryMcpError('backend_unavailable', `The files of ${path} were deleted or replaced while it was open`, {
      hint: 'This change was not stored. Try again, and do not touch memory.sqlite-wal and memory.sqlite-shm.',
    });
  }

  function truncateWal(): boolean {
    pragma('busy_timeout = 0');
    try {
      return pragma('wal_checkpoint(TRUNCATE)') === 0;
    } finally {
      pragma(`busy_timeout = ${readerBusyTimeout}`);
    }
  }

  /** Runs writes one at a time and in order. Only one of them waits for other processes at a time. */
  function inTurn<Result>(write: () => Promise<Result>): Promise<Result> {
    const result = lastWrite.then(write, write);
    lastWrite = result.catch(() => {});
    return result;
  }

  return {
    path,
    /** A prepared statement, cached by its text. Pass values as parameters to keep the cache small. */
    sql<Row = never>(text: string): Statement<Row> {
      let statement = statements.get(text);
      if (statement === undefined) {
        statement = wrapStatement(
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
    /** Runs `work` in one snapshot of the database. Can be nested, also inside `write`. */
    read<Result>(work: () => Result): Result {
      // The wrapper is untyped, but a transaction returns the result of its work.
      return withSqliteErrors(path, () => transaction(work) as Result);
    },
    /**
     * Runs `work` in a write transaction. Waits for other writers up to `lockPatience`, blocking the event loop for
     * `busyTimeout` at a time. A write that is requested inside another transaction starts after it.
     */
    write: <Result>(work: () => Result, durability: Durability = 'durable'): Promise<Result> =>
      inTurn(() =>
        retryWhileBusy(path, () => {
          if (durability === 'bulk') pragma('synchronous = NORMAL');
          pragma(`busy_timeout = ${busyTimeout}`);
          try {
            // SQLite skips the busy handler when a read transaction is upgraded, so begin as a writer.
            const result = transaction.immediate(work) as Result;
            if (onDisk) keepCommits();
            return result;
          } catch (error) {
            failedWrites++;
            throw error;
          } finally {
            pragma(`busy_timeout = ${readerBusyTimeout}`);
            if (durability === 'bulk') pragma('synchronous = FULL');
          }
        }),
      ),
    /** How many writes were undone. What was computed inside of one is not what the database holds. */
    failedWrites: (): number => failedWrites,
    /**
     * Moves the whole WAL into the database and truncates it. Returns false, without waiting, if another connection still
     * needs it.
     */
    emptyWal: (): boolean => truncateWal(),
    /** False once the database or its WAL was deleted or replaced. It must then be closed and opened again. */
    isInPlace,
    close: (): void => {
      database.close();
    },
  };
}

export type Connection = ReturnType<typeof createConnection>;

/** The statement with SQLite errors translated. */
function wrapStatement(path: string, statement: BetterSqlite3.Statement): Statement<unknown> {
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
  const deadline = performance.now() + lockPatience;
  for (let round = 1; ; round++) {
    try {
      return withSqliteErrors(path, attempt);
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
      // Random jitter keeps several waiting processes from retrying at the same time.
      await delay(Math.min(5 * 2 ** round, 50) * (0.5 + Math.random()));
    }
  }
}
