/**
 * The schema as an ordered list of named migrations. A file's `user_version` is the number of migrations applied to it.
 * Each one runs in its own transaction. Never edit a migration after its release.
 */
import { MemoryMcpError } from '../../core/errors.ts';
import type { Connection } from './connection.ts';
import { createFirstSchema } from './first-schema.ts';

interface Migration {
  readonly name: string;
  apply(connection: Connection): void;
}

const migrations: readonly Migration[] = [
  { name: 'first schema', apply: createFirstSchema },
  { name: 'erased keys', apply: addErasedKeys },
  { name: 'imported fields', apply: addImportedFields },
  { name: 'index of important memories', apply: indexImportantMemories },
  { name: 'when it happened', apply: addOccurredAt },
];

/** Adds the table of erased keys, which are never assigned again. Fills it from the change log, which has recent ones. */
function addErasedKeys(connection: Connection): void {
  connection.execute(`
    CREATE TABLE erased_keys (key TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    INSERT INTO erased_keys
      SELECT DISTINCT key FROM changes WHERE op = 'drop' AND key NOT IN (SELECT key FROM memories);
  `);
}

function addImportedFields(connection: Connection): void {
  connection.execute(`
    CREATE TABLE imported_fields (
      memory_id INTEGER PRIMARY KEY REFERENCES memories (id) ON DELETE CASCADE,
      fields TEXT NOT NULL
    ) STRICT;
  `);
}

/** Every session starts with them. */
function indexImportantMemories(connection: Connection): void {
  connection.execute('CREATE INDEX memories_important ON memories (importance DESC, id DESC) WHERE importance >= 0.8');
}

/** Dates are asked of what happened, and of what was stored only where nothing else is known. */
function addOccurredAt(connection: Connection): void {
  connection.execute(`
    ALTER TABLE memories ADD COLUMN occurred_at TEXT;
    CREATE INDEX memories_by_time ON memories (coalesce(occurred_at, created_at));
    DROP INDEX memories_by_created_at;
  `);
}

const schemaVersion = migrations.length;

/** Brings the schema up to date, or refuses a newer one. Safe to run in several processes at once. */
export async function migrate(connection: Connection): Promise<void> {
  // Checked again here, because the WAL may hold a newer version than the header of the file.
  refuseNewerSchema(connection.path, readSchemaVersion(connection));
  while (readSchemaVersion(connection) < schemaVersion) {
    await connection.write(() => {
      const applied = readSchemaVersion(connection);
      const next = migrations[applied];
      if (next === undefined) return;
      next.apply(connection);
      connection.pragma(`user_version = ${applied + 1}`);
    });
  }
}

/** Throws `conflict` for a file that a server of this version would have to change before it can be used. */
export function requireCurrentSchema(connection: Connection): void {
  refuseNewerSchema(connection.path, readSchemaVersion(connection));
  if (readSchemaVersion(connection) < schemaVersion) throw outdatedFile(connection.path);
}

export function outdatedFile(path: string): MemoryMcpError {
  return new MemoryMcpError('conflict', `${path} was written by an older version of memory-mcp`, {
    hint: 'The next server that opens it brings it up to date. It was not changed.',
  });
}

function readSchemaVersion(connection: Connection): number {
  return Number(connection.pragma('user_version'));
}

/** Throws `conflict` for a file written by a newer version. */
export function refuseNewerSchema(path: string, found: number): void {
  if (found <= schemaVersion) return;
  throw new MemoryMcpError(
    'conflict',
    `${path} was written by a newer version of memory-mcp (schema ${found}; this version supports ${schemaVersion})`,
    {
      hint: 'Upgrade memory-mcp, for example with "npx -y memory-mcp@latest". The file was not changed.',
    },
  );
}

export function isCurrentSchema(found: number): boolean {
  return found === schemaVersion;
}
