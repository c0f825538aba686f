/**
 * How replies show the context: open commitments, the age of the state, and never more bytes than there is room for.
 */

import type { Timestamp } from '../core/memory.ts';
import { visibleValue } from '../core/text/visible-text.ts';
import { ageOf } from '../core/time/age.ts';
import type { Scope } from '../persona/scope.ts';
import { cutText, jsonBytes } from '../reply/reply-text.ts';
import { type Commitment, isOpen } from './commitments.ts';
import type { PersonaContext } from './persona-context.ts';

export interface ContextView extends Omit<PersonaContext, 'state_updated_at' | 'last_conversation'> {
  readonly state_age?: string | undefined;
  /** True if texts were cut or entries left out to save room. */
  readonly shortened?: true | undefined;
}

/** Limits on texts, lists and nesting, tried in turn until the view fits. */
const limits = [
  { text: 400, entries: 50, depth: 9 },
  { text: 200, entries: 50, depth: 9 },
  { text: 100, entries: 30, depth: 9 },
  { text: 60, entries: 15, depth: 4 },
  { text: 30, entries: 8, depth: 2 },
  { text: 20, entries: 3, depth: 2 },
] as const;

/** The open commitments and those closed at `closedAt`, in at most `room` bytes of JSON. */
export function viewOfContext(
  context: PersonaContext,
  { clock, settings }: Pick<Scope, 'clock' | 'settings'>,
  { room, closedAt }: { room: number; closedAt?: Timestamp | undefined },
): ContextView {
  const shown = (entry: Commitment) => isOpen(entry) || (closedAt !== undefined && entry.closed_at === closedAt);
  const { state_updated_at: since, last_conversation: _, goals, promises, ...rest } = context;
  const view: ContextView = visibleValue({
    ...rest,
    ...(since !== undefined && {
      state_age: ageOf(since, { now: clock.now(), timeZone: settings.timezone }),
    }),
    goals: goals.filter(shown),
    promises: promises.filter(shown),
  });
  if (jsonBytes(view) <= room) return view;
  const candidates = limits.map((limit) => shortenView(view, limit));
  return candidates.find((candidate) => jsonBytes(candidate) <= room) ?? candidates.at(-1) ?? view;
}

type Limit = (typeof limits)[number];

/** The same view with shorter texts, and only the newest entries of each list and record. */
function shortenView(view: ContextView, limit: Limit): ContextView {
  const parts = Object.entries(view).map(([name, part]) => [name, shortenValue(part, limit, 0)] as const);
  // Each part keeps its kind: texts stay texts, lists stay lists.
  return { ...(Object.fromEntries(parts) as unknown as ContextView), shortened: true };
}

function shortenValue(value: unknown, limit: Limit, depth: number): unknown {
  if (typeof value === 'string') return cutText(value, limit.text);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > limit.depth) return '…';
  if (Array.isArray(value)) return value.slice(-limit.entries).map((item) => shortenValue(item, limit, depth + 1));
  const entries = Object.entries(value).slice(-limit.entries);
  return Object.fromEntries(
    entries.map(([name, member]) => [cutText(name, limit.text), shortenValue(member, limit, depth + 1)]),
  );
}
