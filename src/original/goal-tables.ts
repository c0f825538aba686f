/**
 * Goals and promises in a database of the original system: rows of `goals` and `promises`, in two forms, or memories with
 * the tags "goal" or "promise" and a status.
 */
import { tagsIn, wordsIn } from './cells.ts';
import { type OriginalCommitment, readCommitmentList } from './commitments.ts';
import { type ExtraReading, extraMemory } from './extra-memory.ts';
import type { OriginalDatabase } from './original-database.ts';
import type { OriginalMemory, Row } from './original-memory.ts';

export interface StoredGoals {
  readonly goals: readonly OriginalCommitment[];
  readonly promises: readonly OriginalCommitment[];
  /** Of rows that say more than a commitment can. */
  readonly memories: readonly OriginalMemory[];
}

export const goalTables = ['goals', 'promises'];

/** What a commitment has a place for, and what says nothing. */
const placed = new Set(['id', 'content', 'description', 'created_at', 'status', 'completed_at', 'fulfilled_at']);
const silent: Readonly<Record<string, unknown>> = { priority: 0, progress: 0, metadata: '{}' };
const statusTags = ['active', 'achieved', 'fulfilled', 'completed', 'done', 'cancelled'];

export function readStoredGoals(database: OriginalDatabase, reading: ExtraReading): StoredGoals {
  const lists = { timeZone: reading.timeZone, since: reading.fallbackTime };
  const rows = { goals: database.rows('goals'), promises: database.rows('promises') };
  const tagged = database.taggedMemories(['goal', 'promise']).flatMap(readTagged);
  const commitments = (list: 'goals' | 'promises'): OriginalCommitment[] =>
    [...tagged.filter((memory) => memory.list === list).map(({ row }) => row), ...rows[list]].flatMap((row) =>
      readCommitmentList(row, lists),
    );
  return {
    goals: commitments('goals'),
    promises: commitments('promises'),
    memories: [
      ...rows.goals.flatMap((row) => detailed(row, 'goal', reading)),
      ...rows.promises.flatMap((row) => detailed(row, 'promise', reading)),
    ],
  };
}

/** The memory stays one; its text is a commitment as well. */
function readTagged(row: Row): { list: 'goals' | 'promises'; row: Row }[] {
  const tags = tagsIn(row.tags);
  const status = statusTags.find((tag) => tags.includes(tag));
  const isGoal = tags.includes('goal');
  if (status === undefined || !(isGoal || tags.includes('promise')) || row.lifecycle_status === 'tombstoned') return [];
  const { content, created_at, updated_at } = row;
  // A goal that concerns someone else was what a promise had been before.
  const list = isGoal && !tags.includes('interpersonal') ? 'goals' : 'promises';
  return [{ list, row: { content, created_at, updated_at, status } }];
}

function detailed(row: Row, kind: 'goal' | 'promise', reading: ExtraReading): OriginalMemory[] {
  const text = wordsIn(row.content) ?? wordsIn(row.description);
  const details = Object.entries(row).filter(
    ([name, value]) => !placed.has(name) && name !== 'updated_at' && value !== null && value !== silent[name],
  );
  if (text === undefined || details.length === 0) return [];
  const notes = wordsIn(row.notes);
  return [
    extraMemory(
      {
        key: `${kind}_${wordsIn(row.id) ?? text.slice(0, 40)}`,
        content: notes === undefined ? text : `${text}\n${notes}`,
        tags: [kind, wordsIn(row.status) ?? 'active'],
        created: [row.created_at],
        updated: [row.updated_at, row.completed_at, row.fulfilled_at, row.created_at],
        kept: row,
      },
      reading,
    ),
  ];
}
