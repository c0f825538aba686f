/**
 * get_context: everything an assistant should know at the start of a session, in the size of one ordinary reply. Reading
 * it changes nothing.
 */

import type { Memory, MemoryFilter } from '../core/memory.ts';
import { ageOf } from '../core/time/age.ts';
import { localMoment, localWeekday } from '../core/time/local-time.ts';
import type { Scope } from '../persona/scope.ts';
import { type SessionMemory, sessionViewOf } from '../reply/memory-view.ts';
import { fitReply, replyBudget, type Shortened } from '../reply/reply-budget.ts';
import { jsonBytes } from '../reply/reply-text.ts';
import { type RecallStatus, recallStatus } from '../search/recall-status.ts';
import { readContext } from './context.ts';
import { type ContextView, viewOfContext } from './context-view.ts';

/** What is empty is left out, but `recent`. */
export interface SessionStart extends Partial<Omit<ContextView, 'updated_at'>> {
  readonly persona: string;
  /** What the clock of the configured zone shows. */
  readonly now: string;
  readonly weekday: string;
  readonly timezone: string;
  readonly last_conversation?: { readonly at: string; readonly age: string } | undefined;
  readonly pinned?: Shortened<SessionMemory>[] | undefined;
  /** Of high importance, and neither pinned nor recent. */
  readonly important?: Shortened<SessionMemory>[] | undefined;
  readonly recent: Shortened<SessionMemory>[];
  readonly total_memories: number;
  readonly recall: RecallStatus;
}

const live: MemoryFilter = { deleted: 'exclude' };
const shownPinned = 20;
const shownImportant = 5;
/** Bytes for the context; the memories get the rest. */
const contextRoom = 5_000;

export async function sessionStart(scope: Scope): Promise<SessionStart> {
  const { workspace, settings } = scope;
  // A new session is likely to search soon.
  workspace.models.warm();
  await workspace.vectorSearch.check();
  const reply = workspace.store.read(() => {
    const { memories } = workspace.store;
    const context = readContext(scope);
    const { updated_at: _, ...known } = viewOfContext(context, scope, { room: contextRoom });
    const now = scope.clock.now();
    const base = {
      persona: workspace.persona,
      now: localMoment(now, settings.timezone),
      weekday: localWeekday(now, settings.timezone),
      timezone: settings.timezone,
      last_conversation: conversationAt(workspace.activity.lastConversation() ?? context.last_conversation, scope),
      ...withoutEmpty(known),
      total_memories: memories.count(live),
      recall: recallStatus(scope),
    };
    const room = replyBudget.concise - jsonBytes(base);
    const view = (chosen: readonly Memory[]) => chosen.map((memory) => sessionViewOf(memory, scope));
    const pinned = memories.pinned(shownPinned);
    const recent = memories.list({ filter: live, order: 'newest', limit: settings.recent_memories_count });
    const except = [...pinned, ...recent].map(({ id }) => id);
    // Half of the room is kept for the other memories, and recent ones get what all of these leave.
    const shown = {
      pinned: fitReply(view(pinned), room / 2),
      important: fitReply(view(memories.important(shownImportant, { except })), room / 4),
    };
    return { ...base, ...withoutEmpty(shown), recent: fitReply(view(recent), room - jsonBytes(shown)) };
  });
  workspace.activity.recordRead('get_context', [], scope.caller);
  return reply;
}

/** Without empty lists and records. */
function withoutEmpty<Reply extends object>(reply: Reply): Partial<Reply> {
  const kept = Object.entries(reply).filter(([, value]) => typeof value !== 'object' || Object.keys(value).length > 0);
  // A part of the same reply.
  return Object.fromEntries(kept) as Partial<Reply>;
}

function conversationAt(at: string | undefined, { clock, settings }: Scope): SessionStart['last_conversation'] {
  return at === undefined ? undefined : { at, age: ageOf(at, { now: clock.now(), timeZone: settings.timezone }) };
}
