/**
 * Goals and promises of the original system. They were a text in persona_context.json at first, then rows of two tables,
 * then rows of two other tables, and in the end memories with tags. All become commitments of our context.
 */
import type { Timestamp } from '../core/memory.ts';
import { jsonIn, wordsIn } from './cells.ts';
import type { Row } from './original-memory.ts';
import { readTime } from './times.ts';

/** As `service/commitments.ts` stores it. */
export interface OriginalCommitment {
  readonly text: string;
  readonly status: 'open' | 'done' | 'dropped';
  readonly since: Timestamp;
  readonly closed_at?: Timestamp;
}

interface CommitmentReading {
  readonly timeZone: string;
  /** For a commitment that says no time. */
  readonly since: Timestamp;
}

/** A text, a list of texts, or rows: as a file or a table has it. */
export function readCommitmentList(value: unknown, reading: CommitmentReading): OriginalCommitment[] {
  const found = jsonIn(value);
  if (Array.isArray(found)) return found.flatMap((item) => readCommitmentList(item, reading));
  if (typeof found === 'object' && found !== null) return readCommitmentRow({ ...found }, reading);
  const text = wordsIn(found);
  return text === undefined ? [] : [{ text, status: 'open', since: reading.since }];
}

/** A row of any of the tables; empty if it has no text. */
function readCommitmentRow(row: Row, { timeZone, since }: CommitmentReading): OriginalCommitment[] {
  const text = wordsIn(row.content) ?? wordsIn(row.description) ?? wordsIn(row.text);
  if (text === undefined) return [];
  const time = (value: unknown) => readTime(value, timeZone)?.at;
  const status = statusOf(wordsIn(row.status));
  const created = time(row.created_at) ?? since;
  const closed = time(row.completed_at) ?? time(row.fulfilled_at) ?? time(row.updated_at) ?? created;
  return [{ text, status, since: created, ...(status !== 'open' && { closed_at: closed }) }];
}

function statusOf(word: string | undefined): OriginalCommitment['status'] {
  if (word === undefined || word === 'active' || word === 'open') return 'open';
  return ['completed', 'done', 'achieved', 'fulfilled'].includes(word) ? 'done' : 'dropped';
}
