/**
 * Goals and promises: added, closed, reopened. They are identified by their text, ignoring case, width and the full stop.
 */
import { MemoryMcpError } from '../core/errors.ts';
import type { Timestamp } from '../core/memory.ts';
import { foldText } from '../core/text/spellings.ts';
import { quoteForMessage } from '../core/text/visible-text.ts';

export interface Commitment {
  readonly text: string;
  readonly status: 'open' | 'done' | 'dropped';
  readonly since: Timestamp;
  readonly closed_at?: Timestamp | undefined;
}

export interface CommitmentChange {
  readonly text: string;
  readonly status: Commitment['status'];
}

const openLimit = 50;
const keptClosed = 100;

/** The commitments of a stored value; empty if it is not a list. */
export function readCommitments(value: unknown): Commitment[] {
  return Array.isArray(value) ? value : [];
}

/**
 * The list after a change, in the order of adding, without the oldest closed ones. `not_found` for closing an unknown
 * one, `invalid_input` if too many would be open. `name` is the name of the list, for messages.
 */
export function mergeCommitments(
  name: string,
  current: readonly Commitment[],
  changes: readonly CommitmentChange[],
  now: Timestamp,
): Commitment[] {
  const merged = new Map(current.map((entry) => [identityOf(entry), entry]));
  for (const change of changes) {
    const known = merged.get(identityOf(change));
    if (known === undefined && change.status !== 'open') throw unknownCommitment(name, change, current);
    merged.set(identityOf(change), {
      text: known?.text ?? change.text,
      status: change.status,
      since: known?.since ?? now,
      ...(change.status !== 'open' && { closed_at: now }),
    });
  }
  const all = [...merged.values()];
  const open = all.filter(isOpen);
  if (open.length > openLimit) {
    throw new MemoryMcpError(
      'invalid_input',
      `${name}: ${open.length} would be open; at most ${openLimit} are allowed`,
      {
        hint: 'Close what is done with {"text": "…", "status": "done"} or "dropped".',
      },
    );
  }
  const closed = all.filter((entry) => !isOpen(entry)).sort((one, other) => latestFirst(one, other));
  const forgotten = new Set(closed.slice(keptClosed));
  return all.filter((entry) => !forgotten.has(entry));
}

/** The change that drops every open one. */
export function dropOpen(current: readonly Commitment[]): CommitmentChange[] {
  return current.filter(isOpen).map(({ text }) => ({ text, status: 'dropped' }));
}

export function isOpen({ status }: Commitment): boolean {
  return status === 'open';
}

function latestFirst(one: Commitment, other: Commitment): number {
  return (other.closed_at ?? '').localeCompare(one.closed_at ?? '');
}

function identityOf({ text }: { text: string }): string {
  return foldText(text)
    .replace(/\s+/g, ' ')
    .replace(/[\s.。]+$/, '');
}

function unknownCommitment(name: string, { text }: CommitmentChange, current: readonly Commitment[]): MemoryMcpError {
  const open = current.filter(isOpen).map((entry) => quoteForMessage(entry.text));
  return new MemoryMcpError('not_found', `${name}: there is none that says ${quoteForMessage(text)}`, {
    hint: open.length === 0 ? 'None is open.' : `Open: ${open.slice(-10).join(', ')}.`,
  });
}
