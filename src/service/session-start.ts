/**
 * get_context: everything an assistant should know at the start of a session, in the size of one ordinary reply. Reading
 * it changes nothing.
 */

import type { MemoryFilter } from '../core/memory.ts';
import { ageOf } from '../core/time/age.ts';
import type { Scope } from '../persona/scope.ts';
import { type MemoryView, viewOf } from '../reply/memory-view.ts';
import { fitReply, replyBudget, type Shortened } from '../reply/reply-budget.ts';
import { jsonBytes } from '../reply/reply-text.ts';
import { type RecallStatus, recallStatus } from '../search/recall-status.ts';
import { readContext } from './context.ts';
import { type ContextView, viewOfContext } from './context-view.ts';

export interface SessionStart extends ContextView {
  readonly persona: string;
  readonly now: string;
  readonly timezone: string;
  readonly last_conversation?: { readonly at: string; readonly age: string } | undefined;
  readonly pinned: Shortened<MemoryView>[];
  readonly recent: Shortened<MemoryView>[];
  readonly total_memories: number;
  readonly recall: RecallStatus;
}

const live: MemoryFilter = { deleted: 'exclude' };
const shownPinned = 20;
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
    const view = (memory: Parameters<typeof viewOf>[0]): MemoryView => viewOf(memory, scope);
    const base = {
      persona: workspace.persona,
      now: scope.clock.now().toISOString(),
      timezone: settings.timezone,
      last_conversation: conversationAt(workspace.activity.lastConversation() ?? context.last_conversation, scope),
      ...viewOfContext(context, scope, { room: contextRoom }),
      total_memories: memories.count(live),
      recall: recallStatus(scope),
    };
    const room = replyBudget.concise - jsonBytes(base);
    // Half of the room is reserved for recent memories, which also get what the pinned ones leave.
    const pinned = fitReply(memories.pinned(shownPinned).map(view), room / 2);
    const recent = memories.list({ filter: live, order: 'newest', limit: settings.recent_memories_count }).map(view);
    return { ...base, pinned, recent: fitReply(recent, room - jsonBytes(pinned)) };
  });
  workspace.activity.recordRead('get_context', [], scope.caller);
  return reply;
}

function conversationAt(at: string | undefined, { clock, settings }: Scope): SessionStart['last_conversation'] {
  return at === undefined ? undefined : { at, age: ageOf(at, { now: clock.now(), timeZone: settings.timezone }) };
}
