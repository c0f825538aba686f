/**
 * Files as the original system left them at our path, in the three forms that its versions wrote, and other files that
 * are not ours. Times are naive and local, as there.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Connection, openConnection } from '../../src/store/sqlite/connection.ts';

const fiveColumns =
  'key TEXT PRIMARY KEY, content TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, tags TEXT';
const sixteenColumns = `${fiveColumns}, importance REAL DEFAULT 0.5, emotion TEXT DEFAULT 'neutral',
  emotion_intensity REAL DEFAULT 0.0, physical_state TEXT DEFAULT 'normal', mental_state TEXT DEFAULT 'calm',
  environment TEXT DEFAULT 'unknown', relationship_status TEXT DEFAULT 'normal', action_tag TEXT,
  related_keys TEXT DEFAULT '[]', summary_ref TEXT, equipped_items TEXT`;
const twentyFourColumns = `${sixteenColumns}, access_count INTEGER DEFAULT 0, last_accessed TEXT,
  privacy_level TEXT DEFAULT 'internal', body_state TEXT, state_snapped_at TEXT, lifecycle_status TEXT DEFAULT 'active',
  source_context TEXT, memory_type TEXT`;

const operations = `CREATE TABLE operations (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT NOT NULL,
  operation_id TEXT NOT NULL, operation TEXT NOT NULL, key TEXT, before TEXT, after TEXT, success INTEGER NOT NULL,
  error TEXT, metadata TEXT)`;
const row = `INSERT INTO memories (key, content, created_at, updated_at, tags)
  VALUES ('memory_20251101173000', '苺が好き', '2025-11-01T17:30:00', '2025-11-01T17:30:00', '["food"]')`;

/** Writes a file to a path, making its folders. The name says which form it has. */
export const foreignFiles = {
  'the original with 5 columns': (path) =>
    database(path, (connection) => {
      connection.execute(`CREATE TABLE memories (${fiveColumns})`);
      connection.execute(operations);
      connection.execute(row);
    }),
  'the original with 16 columns': (path) =>
    database(path, (connection) => {
      connection.execute(`CREATE TABLE memories (${sixteenColumns})`);
      connection.execute(operations);
      connection.execute(row);
    }),
  'the original with 24 columns, in WAL mode': (path) =>
    database(
      path,
      (connection) => {
        connection.execute(`CREATE TABLE memories (${twentyFourColumns})`);
        connection.execute(`CREATE VIRTUAL TABLE memories_fts USING fts5 (content, tokenize = 'unicode61')`);
        connection.execute(row);
      },
      'WAL',
    ),
  'the database of another program': (path) =>
    database(path, (connection) => {
      connection.execute('CREATE TABLE bookmarks (url TEXT)');
      connection.pragma('application_id = 1481655885');
      connection.pragma('user_version = 7');
    }),
  'random bytes': (path) =>
    write(path, Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * 7_919) % 251))),
  'a short text': (path) => write(path, Buffer.from('not a database\n')),
  'a header and nothing else': (path) => write(path, Buffer.from('SQLite format 3\0')),
} satisfies Record<string, (path: string) => Promise<void>>;

async function write(path: string, bytes: Buffer): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

async function database(
  path: string,
  fill: (connection: Connection) => void,
  journal: 'DELETE' | 'WAL' = 'DELETE',
): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const connection = await openConnection({ path, busyTimeout: 1_000 });
  connection.pragma('application_id = 0');
  fill(connection);
  connection.pragma(`journal_mode = ${journal}`);
  connection.close();
}
