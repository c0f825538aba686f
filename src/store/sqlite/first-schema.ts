/**
 * The tables of a new `memory.sqlite`. Long values are the last column of their table: reading the other columns then
 * never touches the overflow pages of a long text.
 */
import { randomUUID } from 'node:crypto';
import { termsVersion } from '../../core/text/terms.ts';
import type { Connection } from './connection.ts';

export function createFirstSchema(connection: Connection): void {
  connection.execute(tables);
  const set = connection.sql('INSERT INTO meta (name, value) VALUES (?, ?)');
  set.run('store_id', randomUUID());
  set.run('epoch', randomUUID());
  set.run('terms_version', termsVersion);
  set.run('text_count', 0);
  set.run('text_length', 0);
}

const tables = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE memories (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    content_hash TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
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
    superseded_by TEXT,
    tags TEXT NOT NULL,
    content TEXT NOT NULL
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
  ) STRICT;

  -- The text arrives as terms with spaces between them; this tokenizer splits there and changes nothing else.
  CREATE VIRTUAL TABLE memory_text USING fts5 (
    terms, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '_'"
  );
  CREATE VIRTUAL TABLE memory_terms USING fts5vocab (memory_text, 'row');

  CREATE TABLE spaces (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    dimensions INTEGER NOT NULL,
    -- What the model of the space was measured to be worth, as JSON; absent until it has been.
    fitness TEXT
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
`;
