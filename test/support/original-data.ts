/**
 * Data folders as each generation of the original system left them, with the faults that it produced. Written with plain
 * SQL, by the schemas of its versions; times are fixed, so that the same call writes the same bytes of content.
 */
import { copyFileSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Connection, openConnection, type Parameter } from '../../src/store/sqlite/connection.ts';

/** From the oldest: November 2025 in two forms, December, the rewrite of March 2026, and its last version. */
const generations = ['5 columns', '16 columns', '18 columns', '20 columns', '24 columns'] as const;
export type Generation = (typeof generations)[number];

export type OriginalRow = Readonly<Record<string, Parameter>>;

export interface OriginalTables {
  readonly schema: string;
  readonly rows: readonly (readonly [table: string, row: OriginalRow])[];
}

export interface OriginalPersonaData {
  readonly generation: Generation;
  readonly memories: readonly OriginalRow[];
  readonly context?: string;
  /** Beside the memories: tables as SQL, and their rows. */
  readonly tables?: OriginalTables;
  readonly inventory?: OriginalTables & { readonly file?: string };
  /** Other files, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** Without the primary key, as two databases are that were merged by hand. */
  readonly withoutKey?: boolean;
  /** Leaves the journal of a connection that was killed. */
  readonly killed?: boolean;
}

const five =
  'key TEXT PRIMARY KEY, content TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, tags TEXT';
const sixteen = `${five}, importance REAL DEFAULT 0.5, emotion TEXT DEFAULT 'neutral', emotion_intensity REAL DEFAULT 0.0,
  physical_state TEXT DEFAULT 'normal', mental_state TEXT DEFAULT 'calm', environment TEXT DEFAULT 'unknown',
  relationship_status TEXT DEFAULT 'normal', action_tag TEXT DEFAULT NULL, related_keys TEXT DEFAULT '[]',
  summary_ref TEXT DEFAULT NULL, equipped_items TEXT DEFAULT NULL`;
const eighteen = `${sixteen}, access_count INTEGER DEFAULT 0, last_accessed TEXT DEFAULT NULL`;
const twenty = `key TEXT PRIMARY KEY, content TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
  tags TEXT DEFAULT '[]', importance REAL DEFAULT 0.5, emotion TEXT DEFAULT 'neutral', emotion_intensity REAL DEFAULT 0.0,
  physical_state TEXT, mental_state TEXT, environment TEXT, relationship_status TEXT, action_tag TEXT,
  source_context TEXT, related_keys TEXT DEFAULT '[]', summary_ref TEXT, equipped_items TEXT,
  access_count INTEGER DEFAULT 0, last_accessed TEXT, privacy_level TEXT DEFAULT 'internal'`;
const twentyFour = `${twenty}, emotions TEXT, body_state TEXT, state_snapped_at TEXT,
  lifecycle_status TEXT DEFAULT 'active'`;

const columnsOf: Record<Generation, string> = {
  '5 columns': five,
  '16 columns': sixteen,
  '18 columns': eighteen,
  '20 columns': twenty,
  '24 columns': twentyFour,
};

const operations = `CREATE TABLE operations (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT NOT NULL,
  operation_id TEXT NOT NULL, operation TEXT NOT NULL, key TEXT, before TEXT, after TEXT, success INTEGER NOT NULL,
  error TEXT, metadata TEXT)`;

const fullText = `
  CREATE VIRTUAL TABLE memories_fts USING fts5(content, memories_key UNINDEXED, tokenize = 'unicode61');
  CREATE TRIGGER memories_ai AFTER INSERT ON memories BEGIN
    INSERT INTO memories_fts(rowid, content, memories_key) VALUES (new.rowid, new.content, new.key);
  END;
`;

/** Writes `memory/<folder>/`, with everything in it older than a minute, as it is when the original was stopped. */
export async function writeOriginalPersona(
  dataFolder: string,
  folder: string,
  data: OriginalPersonaData,
): Promise<string> {
  const { generation, memories, context, tables, inventory, files = {}, killed = false } = data;
  const place = join(dataFolder, 'memory', folder);
  mkdirSync(join(place, 'vector_store'), { recursive: true });
  const isLate = generation === '20 columns' || generation === '24 columns';
  await writeDatabase(join(place, 'memory.sqlite'), { wal: isLate, killed }, (connection) => {
    const columns = columnsOf[generation].replace(data.withoutKey ? 'PRIMARY KEY' : /$^/, '');
    connection.execute(`CREATE TABLE memories (${columns})`);
    connection.execute(isLate ? fullText : operations);
    for (const row of memories) insert(connection, 'memories', row);
    fillTables(connection, tables);
  });
  if (inventory !== undefined) {
    const { file = 'inventory.sqlite' } = inventory;
    await writeDatabase(join(place, file), { wal: isLate }, (connection) => fillTables(connection, inventory));
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text);
  if (!isLate) {
    writeFileSync(join(place, 'vector_store', 'index.faiss'), 'an index of another space');
    writeFileSync(join(place, 'vector_store', 'index.pkl'), 'pickled');
  }
  if (context !== undefined) writeFileSync(join(place, 'persona_context.json'), context);
  age(place);
  return place;
}

function fillTables(connection: Connection, tables: OriginalTables | undefined): void {
  if (tables === undefined) return;
  connection.execute(tables.schema);
  for (const [table, row] of tables.rows) insert(connection, table, row);
}

function insert(connection: Connection, table: string, row: OriginalRow): void {
  const names = Object.keys(row);
  const values = names.map(() => '?').join(', ');
  connection.sql(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${values})`).run(...Object.values(row));
}

/** Makes a file that bears no mark of this program. `killed` leaves it with the WAL of a process that was killed. */
export async function writeDatabase(
  path: string,
  { wal = false, killed = false }: { wal?: boolean; killed?: boolean },
  fill: (connection: Connection) => void,
): Promise<void> {
  const building = `${path}.building`;
  const connection = await openConnection({ path: building, busyTimeout: 1_000 });
  connection.pragma('application_id = 0');
  connection.emptyWal();
  fill(connection);
  if (killed) copyFileSync(`${building}-wal`, `${path}-wal`);
  else connection.pragma(`journal_mode = ${wal ? 'WAL' : 'DELETE'}`);
  if (!killed) connection.emptyWal();
  copyFileSync(building, path);
  connection.close();
  for (const end of ['', '-wal', '-shm']) rmSync(building + end, { force: true });
}

/** Dates everything below a folder back. */
export function age(folder: string, minutes = 2): void {
  const before = new Date(Date.now() - minutes * 60_000);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    utimesSync(join(folder, name), before, before);
  }
}
