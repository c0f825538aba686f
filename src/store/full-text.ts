/**
 * The lexical projection of the memories: an FTS5 table without content, fed with the terms of `core/text/terms.ts`. It
 * counts terms and says who holds them; ranking reads the texts themselves, because FTS5's own BM25 looks at every
 * match of a question. Terms are always quoted, so that no query is ever syntax.
 */
import type { MemoryFilter, MemoryId } from '../core/memory.ts';
import { documentTerms, type QueryTerm } from '../core/text/terms.ts';
import { isOpen, predicateOf } from './filter-predicate.ts';
import type { Connection } from './sqlite/connection.ts';

export interface CorpusStatistics {
  /** How many texts are indexed, those of hidden memories included, and the sum of their `content.length`. */
  readonly count: number;
  readonly totalLength: number;
}

/** SQLite counts the texts of a term one by one, so the numbers of terms in so many texts are kept for a while. */
const countedFrom = 500;
const keptCounts = 10_000;
const tolerance = 0.01;

/** Above every character in the order of UTF-8. */
const lastCharacter = '\u{10ffff}';

export function createFullText(connection: Connection) {
  const count = (texts: number, length: number) => {
    const add = connection.sql('UPDATE meta SET value = value + ? WHERE name = ?');
    add.run(texts, 'text_count');
    add.run(length, 'text_length');
  };
  const meta = (name: string): number =>
    connection.sql<{ value: number }>('SELECT value FROM meta WHERE name = ?').get(name)?.value ?? 0;

  const counted = new Map<string, { readonly documents: number; readonly at: Progress }>();

  /** Numbers given to rows are never taken back, so that their sum tells how much has been written. */
  const progress = (): Progress => ({
    given: connection.sql<{ given: number | null }>('SELECT sum(seq) AS given FROM sqlite_sequence').get()?.given ?? 0,
    texts: meta('text_count'),
  });

  function countDocuments({ text, prefix }: QueryTerm): number {
    const row = prefix
      ? connection
          .sql<{ doc: number | null }>('SELECT sum(doc) AS doc FROM memory_terms WHERE term >= ? AND term < ?')
          .get(text, text + lastCharacter)
      : connection.sql<{ doc: number }>('SELECT doc FROM memory_terms WHERE term = ?').get(text);
    return row?.doc ?? 0;
  }

  return {
    /** Adds a text; call inside a write transaction. */
    add(id: MemoryId, content: string): void {
      connection.sql('INSERT INTO memory_text (rowid, terms) VALUES (?, ?)').run(id, documentTerms(content).join(' '));
      count(1, content.length);
    },
    /** Removes a text; call inside a write transaction, with the content that was added. */
    remove(id: MemoryId, content: string): void {
      connection.sql('DELETE FROM memory_text WHERE rowid = ?').run(id);
      count(-1, -content.length);
    },
    statistics: (): CorpusStatistics => ({ count: meta('text_count'), totalLength: meta('text_length') }),
    /**
     * In how many texts a term occurs, those of hidden memories included; for a prefix, an upper bound. A number of 500
     * or more may be wrong by a hundredth of it, since it is kept until so many texts may have changed.
     */
    documentFrequency(term: QueryTerm): number {
      const expression = matchExpression(term);
      const known = counted.get(expression);
      if (known !== undefined && mostChanged(known.at, progress()) <= tolerance * known.documents) {
        return known.documents;
      }
      const documents = countDocuments(term);
      if (documents >= countedFrom) {
        if (counted.size >= keptCounts) counted.clear();
        counted.set(expression, { documents, at: progress() });
      }
      return documents;
    },
    /**
     * The newest memories that hold the term and pass the filter, newest first. Costs time for each match that the
     * filter turns away, so the rare terms of a question are the ones to ask for.
     */
    postings(term: QueryTerm, filter: MemoryFilter, limit: number): MemoryId[] {
      if (isOpen(filter)) return connection.sql(livePostings).column(matchExpression(term), limit);
      const { text, parameters } = predicateOf(filter);
      return connection
        .sql(
          // CROSS JOIN keeps the order of the tables: full text comes newest first by itself and stops at the limit.
          `SELECT f.rowid FROM memory_text f CROSS JOIN memories m ON m.id = f.rowid
           WHERE f.memory_text MATCH ? AND ${text} ORDER BY f.rowid DESC LIMIT ?`,
        )
        .column(matchExpression(term), ...parameters, limit);
    },
  };
}

export type FullText = ReturnType<typeof createFullText>;

interface Progress {
  readonly given: number;
  readonly texts: number;
}

/** So many texts at most were added, taken away or rewritten: a new one and a change each take at least one number. */
function mostChanged(before: Progress, now: Progress): number {
  return 2 * (now.given - before.given) + Math.abs(now.texts - before.texts);
}

/** What is hidden has a small index of its own; asking it spares a look at every memory. */
const livePostings = `
  SELECT f.rowid FROM memory_text f
  WHERE f.memory_text MATCH ? AND NOT EXISTS (
    SELECT 1 FROM memories m INDEXED BY memories_deleted WHERE m.id = f.rowid AND m.deleted_at IS NOT NULL)
  ORDER BY f.rowid DESC LIMIT ?`;

function matchExpression(term: QueryTerm): string {
  return `"${term.text.replaceAll('"', '""')}"${term.prefix ? '*' : ''}`;
}
