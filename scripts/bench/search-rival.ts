/**
 * The rival of the search benchmark: what one would write with SQLite alone. A process that reads questions as lines of
 * JSON-RPC and answers with ten notes, by FTS5's trigram tokenizer and its BM25, or by LIKE and the number of words
 * found. Arguments: the database, and how many notes to fill it with where it is new.
 */
import { createInterface } from 'node:readline';
import { openConnection, type Parameter } from '../../src/store/sqlite/connection.ts';
import { searchNoteOf } from './search-notes.ts';

const [path = '', count = ''] = process.argv.slice(2);
const limit = 10;
const connection = await openConnection({ path, busyTimeout: 5_000 });

if (connection.sql("SELECT 1 FROM sqlite_schema WHERE name = 'notes'").get() === undefined) {
  await connection.write(() => {
    connection.execute(`
      CREATE TABLE notes (id INTEGER PRIMARY KEY, content TEXT NOT NULL);
      CREATE VIRTUAL TABLE notes_text USING fts5 (content, content = 'notes', content_rowid = 'id', tokenize = 'trigram')`);
    const insert = connection.sql('INSERT INTO notes (content) VALUES (?)');
    for (let number = 0; number < Number(count); number++) insert.run(searchNoteOf(number).content);
    connection.execute("INSERT INTO notes_text (notes_text) VALUES ('rebuild')");
  });
}

/** Words; of a run without spaces all pieces of so many characters. */
function pieces(question: string, length: number): string[] {
  const words = question.match(/[\p{L}\p{N}]+/gu) ?? [];
  return [
    ...new Set(
      words.flatMap((word) => {
        if (/^[a-z0-9]*$/i.test(word) || word.length <= length) return [word];
        return Array.from({ length: word.length - length + 1 }, (_, start) => word.slice(start, start + length));
      }),
    ),
  ];
}

const rows = (sql: string, ...parameters: Parameter[]) =>
  connection.sql<{ id: number; content: string }>(sql).all(...parameters, limit);

function byLike(question: string) {
  const wanted = pieces(question, 2).slice(0, 50);
  const found = wanted.map(() => '(content LIKE ?)').join(' + ');
  const patterns = wanted.map((piece) => `%${piece}%`);
  return rows(`SELECT id, content, ${found} AS n FROM notes WHERE n > 0 ORDER BY n DESC, id DESC LIMIT ?`, ...patterns);
}

function byTrigrams(question: string) {
  const wanted = pieces(question, 3).filter((piece) => piece.length >= 3);
  // The tokenizer has no term for less than three characters.
  if (wanted.length === 0) return byLike(question);
  return rows(
    `SELECT n.id, n.content FROM notes_text t JOIN notes n ON n.id = t.rowid
     WHERE notes_text MATCH ? ORDER BY t.rank LIMIT ?`,
    wanted.map((piece) => `"${piece}"`).join(' OR '),
  );
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  const results = method === 'like' ? byLike(params.question) : byTrigrams(params.question);
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result: { results } })}\n`);
});
