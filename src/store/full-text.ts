/**
 * The lexical projection of the memories: an FTS5 table without content, fed with the terms of `core/text.ts`.
 * It proposes candidates and counts terms; ranking reads the texts themselves. Terms are always quoted, so that no
 * query is ever syntax.
 */
import type { MemoryFilter, MemoryId } from '../core/memory.ts';
import { documentTerms, type QueryTerm } from '../core/text.ts';
import type { Connection } from './database.ts';
import { predicateOf } from './filter-sql.ts';

export interface CorpusStatistics {
  /** How many texts are indexed, and the sum of their `content.length`. */
  readonly count: number;
  readonly totalLength: number;
}

export interface FullText {
  /** Adds a text; call inside a write transaction. */
  add(id: MemoryId, content: string): void;
  /** Removes a text; call inside a write transaction, with the content that was added. */
  remove(id: MemoryId, content: string): void;
  statistics(): CorpusStatistics;
  /** In how many texts a term occurs; for a prefix, an upper bound. */
  documentFrequency(term: QueryTerm): number;
  /** Memories that hold the term and pass the filter, the newest first. */
  postings(term: QueryTerm, filter: MemoryFilter, limit: number): MemoryId[];
}

export function createFullText(connection: Connection): FullText {
  const count = (difference: number, length: number) => {
    const add = connection.sql('UPDATE meta SET value = value + ? WHERE name = ?');
    add.run(difference, 'text_count');
    add.run(length, 'text_length');
  };
  const meta = (name: string): number =>
    connection.sql<{ value: number }>('SELECT value FROM meta WHERE name = ?').get(name)?.value ?? 0;

  return {
    add(id, content) {
      connection.sql('INSERT INTO memory_text (rowid, terms) VALUES (?, ?)').run(id, documentTerms(content).join(' '));
      count(1, content.length);
    },
    remove(id, content) {
      connection.sql('DELETE FROM memory_text WHERE rowid = ?').run(id);
      count(-1, -content.length);
    },
    statistics: () => ({ count: meta('text_count'), totalLength: meta('text_length') }),
    documentFrequency(term) {
      if (!term.prefix) {
        return connection.sql<{ doc: number }>('SELECT doc FROM memory_terms WHERE term = ?').get(term.text)?.doc ?? 0;
      }
      const row = connection
        .sql<{ doc: number | null }>('SELECT sum(doc) AS doc FROM memory_terms WHERE term >= ? AND term < ?')
        .get(term.text, afterPrefix(term.text));
      return row?.doc ?? 0;
    },
    postings(term, filter, limit) {
      const { text, parameters } = predicateOf(filter);
      return connection
        .sql<{ id: number }>(
          `SELECT f.rowid AS id FROM memory_text f JOIN memories m ON m.id = f.rowid
           WHERE f.memory_text MATCH ? AND ${text} ORDER BY f.rowid DESC LIMIT ?`,
        )
        .all(matchExpression(term), ...parameters, limit)
        .map(({ id }) => id);
    },
  };
}

function matchExpression(term: QueryTerm): string {
  return `"${term.text.replaceAll('"', '""')}"${term.prefix ? '*' : ''}`;
}

/** The first text that no longer begins with `prefix`, in the order of code points. */
function afterPrefix(prefix: string): string {
  const characters = [...prefix];
  const last = characters.pop()?.codePointAt(0) ?? 0;
  return characters.join('') + String.fromCodePoint(last + 1);
}
