/**
 * The schema as an ordered list of named steps. A file's `user_version` is the number of steps it has seen; each step
 * runs in a transaction of its own, and a step that was released is never edited.
 */
import { randomUUID } from 'node:crypto';
import { MemoryMcpError } from '../core/errors.ts';
import type { Connection } from './database.ts';

interface Migration {
  readonly name: string;
  apply(connection: Connection): void;
}

const migrations: readonly Migration[] = [{ name: 'first schema', apply: createFirstSchema }];

const schemaVersion = migrations.length;

/** Brings the schema up to date. Safe while other processes do the same. */
export async function migrate(connection: Connection): Promise<void> {
  while (schemaVersionOf(connection) < schemaVersion) {
    await connection.write(() => {
      const applied = schemaVersionOf(connection);
      const next = migrations[applied];
      if (next === undefined) return;
      next.apply(connection);
      connection.pragma(`user_version = ${applied + 1}`);
    });
  }
}

function schemaVersionOf(connection: Connection): number {
  return Number(connection.pragma('user_version'));
}

/** The refusal for a file that a newer program has written. */
export function refuseNewerSchema(path: string, found: number): void {
  if (found <= schemaVersion) return;
  throw new MemoryMcpError(
    'conflict',
    `${path} was written by a newer memory-mcp (schema ${found}, this one knows ${schemaVersion})`,
    {
      hint: 'Upgrade memory-mcp, for example with "npx -y memory-mcp@latest". The file was left untouched.',
    },
  );
}

function createFirstSchema(connection: Connection): void {
  connection.execute(`
    CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;

    CREATE TABLE memories (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      key TEXT NOT NULL UNIQUE,
      content TEXT NOT NULL,
      content_hash TEXT NOT NULL,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      tags TEXT NOT NULL,
      importance REAL NOT NULL,
      emotion TEXT,
      emotion_intensity REAL,
      physical_state TEXT,
      mental_state TEXT,
      environment TEXT,
      relationship_status TEXT,
      action_tag TEXT,
      source TEXT NOT NULL,
      version INTEGER NOT NULL,
      pinned INTEGER NOT NULL DEFAULT 0,
      access_count INTEGER NOT NULL DEFAULT 0,
      last_accessed_at TEXT,
      deleted_at TEXT,
      superseded_by TEXT
    ) STRICT;
    CREATE INDEX memories_by_content_hash ON memories (content_hash);
    CREATE INDEX memories_by_created_at ON memories (created_at);
    CREATE INDEX memories_deleted ON memories (id) WHERE deleted_at IS NOT NULL;
    CREATE INDEX memories_pinned ON memories (id) WHERE pinned = 1;

    CREATE TABLE memory_tags (
      tag TEXT NOT NULL,
      memory_id INTEGER NOT NULL REFERENCES memories (id) ON DELETE CASCADE,
      PRIMARY KEY (tag, memory_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX memory_tags_by_memory ON memory_tags (memory_id);

    CREATE TABLE memory_versions (
      memory_id INTEGER NOT NULL REFERENCES memories (id) ON DELETE CASCADE,
      version INTEGER NOT NULL,
      replaced_at TEXT NOT NULL,
      replaced_by TEXT NOT NULL,
      fields TEXT NOT NULL,
      PRIMARY KEY (memory_id, version)
    ) STRICT, WITHOUT ROWID;

    CREATE VIRTUAL TABLE memory_text USING fts5 (
      terms, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 0"
    );
    CREATE VIRTUAL TABLE memory_terms USING fts5vocab (memory_text, 'row');

    CREATE TABLE spaces (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL UNIQUE,
      dimensions INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE vectors (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      memory_id INTEGER NOT NULL REFERENCES memories (id) ON DELETE CASCADE,
      chunk INTEGER NOT NULL,
      space INTEGER NOT NULL REFERENCES spaces (id),
      vector BLOB NOT NULL,
      UNIQUE (memory_id, space, chunk)
    ) STRICT;
    CREATE INDEX vectors_by_space ON vectors (space, memory_id) WHERE chunk = 0;
    CREATE INDEX vectors_by_hash ON vectors (space, (id * 2654435761 % 4294967296));
    CREATE TABLE vector_failures (
      memory_id INTEGER NOT NULL REFERENCES memories (id) ON DELETE CASCADE,
      space TEXT NOT NULL,
      attempts INTEGER NOT NULL,
      reason TEXT NOT NULL,
      failed_at TEXT NOT NULL,
      PRIMARY KEY (memory_id, space)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;

    CREATE TABLE changes (
      generation INTEGER PRIMARY KEY AUTOINCREMENT,
      op TEXT NOT NULL CHECK (op IN ('put', 'drop', 'payload')),
      vector_id INTEGER,
      key TEXT NOT NULL,
      chunk INTEGER,
      tag TEXT NOT NULL
    ) STRICT;

    CREATE TABLE context (name TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE operations (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      at TEXT NOT NULL,
      process TEXT NOT NULL,
      operation TEXT NOT NULL,
      source TEXT NOT NULL,
      keys TEXT NOT NULL
    ) STRICT;
    CREATE TABLE operation_counts (
      day TEXT NOT NULL,
      operation TEXT NOT NULL,
      process TEXT NOT NULL,
      count INTEGER NOT NULL,
      last_at TEXT NOT NULL,
      PRIMARY KEY (day, operation, process)
    ) STRICT, WITHOUT ROWID;
  `);
  const set = connection.sql('INSERT INTO meta (name, value) VALUES (?, ?)');
  set.run('store_id', randomUUID());
  set.run('epoch', randomUUID());
  set.run('text_count', 0);
  set.run('text_length', 0);
}
