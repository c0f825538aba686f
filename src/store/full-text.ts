/**
 * The full-text index: a contentless FTS5 table of the terms that `core/text/terms.ts` extracts. It provides document
 * frequencies and postings. Ranking reads the texts themselves, because FTS5's own BM25 visits every match of a query.
 * Terms are always quoted: no query text is ever interpreted as FTS5 syntax.
 */
import { lazily } from '../core/lazily.ts';
import type { MemoryFilter, MemoryId } from '../core/memory.ts';
import { documentTerms, type QueryTerm } from '../core/text/terms.ts';
import { buildPredicate, matchesAllLive } from './filter-predicate.ts';
import type { Connection } from './sqlite/connection.ts';

export interface CorpusStatistics {
  /** The number of indexed texts, including those of deleted memories. */
  readonly count: number;
  /** The sum of their `content.length`. */
  readonly totalLength: number;
}

/** SQLite counts the documents of a term one by one, so frequencies from this value on are kept while they are nearly right. */
const keptFrom = 500;
const mostKept = 10_000;
/** A kept frequency may be off by this share after writes of other connections, unless the caller allows more. */
const usualTolerance = 0.01;

/** Sorts after every character in UTF-8. */
const lastCharacter = '\u{10ffff}';

export function createFullText(connection: Connection) {
  const addToTotals = (texts: number, length: number) => {
    const add = connection.sql('UPDATE meta SET value = value + ? WHERE name = ?');
    add.run(texts, 'text_count');
    add.run(length, 'text_length');
  };
  const meta = (name: string): number =>
    connection.sql<{ value: number }>('SELECT value FROM meta WHERE name = ?').get(name)?.value ?? 0;

  /** Frequencies of whole terms and of prefixes. Those of whole terms follow what this connection writes. */
  const whole = new Map<string, Frequency>();
  const prefixes = new Map<string, Frequency>();

  /** Changes whenever a frequency may have changed that did not follow: another connection wrote, or a write was undone. */
  const readEpoch = (): string => {
    const version = connection.sql<{ data_version: number }>('PRAGMA data_version').get()?.data_version;
    return `${version} ${connection.failedWrites()}`;
  };

  function follow(terms: readonly string[], change: 1 | -1): void {
    for (const term of new Set(terms)) {
      const frequency = whole.get(term);
      if (frequency !== undefined) frequency.documents += change;
    }
  }

  /** AUTOINCREMENT ids are never reused: the growth of their sum shows how much has been written. */
  const readState = (): StoreState => ({
    idSum: connection.sql<{ sum: number | null }>('SELECT sum(seq) AS sum FROM sqlite_sequence').get()?.sum ?? 0,
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

  /**
   * Tells for one question how many texts contain a term, including those of deleted memories. An upper bound for a prefix.
   * Of a whole term it is right as long as only this connection writes. Otherwise values of 500 or more are kept until 1%
   * of the texts may have changed, and may be off by as much; `tolerance` is another share.
   */
  function frequencies(tolerance = usualTolerance): (term: QueryTerm) => number {
    const epoch = readEpoch();
    const state = lazily(readState);
    const isRightEnough = ({ documents, at }: Frequency) =>
      documents >= keptFrom && boundChanges(at, state()) <= tolerance * documents;
    return (term) => {
      const kept = term.prefix ? prefixes : whole;
      const known = kept.get(term.text);
      if (known !== undefined && ((!term.prefix && known.epoch === epoch) || isRightEnough(known))) {
        return known.documents;
      }
      const documents = countDocuments(term);
      if (!term.prefix || documents >= keptFrom) {
        if (kept.size >= mostKept) kept.clear();
        kept.set(term.text, { documents, at: state(), epoch });
      }
      return documents;
    };
  }

  return {
    /** Adds a text. Call it inside a write transaction. */
    add(id: MemoryId, content: string): void {
      const terms = documentTerms(content);
      connection.sql('INSERT INTO memory_text (rowid, terms) VALUES (?, ?)').run(id, terms.join(' '));
      addToTotals(1, content.length);
      follow(terms, 1);
    },
    /** Removes a text. Call it inside a write transaction, with the content that was added. */
    remove(id: MemoryId, content: string): void {
      connection.sql('DELETE FROM memory_text WHERE rowid = ?').run(id);
      addToTotals(-1, -content.length);
      follow(documentTerms(content), -1);
    },
    statistics: (): CorpusStatistics => ({ count: meta('text_count'), totalLength: meta('text_length') }),
    /** As `frequencies`, of one term. */
    documentFrequency: (term: QueryTerm): number => frequencies()(term),
    frequencies,
    /** The number of indexed texts that belong to deleted memories. */
    deletedTexts: (): number => connection.sql<{ count: number }>(deletedCount).get()?.count ?? 0,
    /**
     * Those of the memories that contain the term, newest first. Several times as fast as `postings` with a filter that
     * few memories match.
     */
    postingsAmong(term: QueryTerm, ids: readonly MemoryId[], limit: number): MemoryId[] {
      return connection
        .sql(
          // The plus keeps SQLite from asking full text anew for each id.
          `SELECT rowid FROM memory_text WHERE memory_text MATCH ? AND +rowid IN (SELECT value FROM json_each(?))
           ORDER BY rowid DESC LIMIT ?`,
        )
        .column(matchExpression(term), JSON.stringify(ids), limit);
    },
    /**
     * The newest memories that contain the term and match the filter, newest first. Every match that the filter rejects
     * takes time too, so ask for the rare terms of a query.
     */
    postings(term: QueryTerm, filter: MemoryFilter, limit: number): MemoryId[] {
      if (matchesAllLive(filter)) return connection.sql(livePostings).column(matchExpression(term), limit);
      const { text, parameters } = buildPredicate(filter);
      return connection
        .sql(
          // CROSS JOIN fixes the join order. FTS5 yields the newest rows first, so the query can stop at the limit.
          `SELECT f.rowid FROM memory_text f CROSS JOIN memories m ON m.id = f.rowid
           WHERE f.memory_text MATCH ? AND ${text} ORDER BY f.rowid DESC LIMIT ?`,
        )
        .column(matchExpression(term), ...parameters, limit);
    },
  };
}

export type FullText = ReturnType<typeof createFullText>;

interface Frequency {
  documents: number;
  /** The store when the documents were counted. */
  readonly at: StoreState;
  readonly epoch: string;
}

interface StoreState {
  readonly idSum: number;
  readonly texts: number;
}

/** Upper bound on the texts changed between the two states. Every insert and update uses up at least one id. */
function boundChanges(before: StoreState, now: StoreState): number {
  return 2 * (now.idSum - before.idSum) + Math.abs(now.texts - before.texts);
}

const deletedCount = 'SELECT count(*) AS count FROM memories INDEXED BY memories_deleted WHERE deleted_at IS NOT NULL';

/** Deleted memories have a small index of their own, so no row of `memories` has to be read. */
const livePostings = `
  SELECT f.rowid FROM memory_text f
  WHERE f.memory_text MATCH ? AND NOT EXISTS (
    SELECT 1 FROM memories m INDEXED BY memories_deleted WHERE m.id = f.rowid AND m.deleted_at IS NOT NULL)
  ORDER BY f.rowid DESC LIMIT ?`;

function matchExpression(term: QueryTerm): string {
  return `"${term.text.replaceAll('"', '""')}"${term.prefix ? '*' : ''}`;
}
