/**
 * The start of a session: everything that an assistant should know before the user's first word is answered.
 */
import { ageOf } from '../core/age.ts';
import type { MemoryFilter } from '../core/memory.ts';
import { type PersonaContext, readContext } from './context.ts';
import { type MemoryView, viewOf } from './memory-view.ts';
import { type RecallStatus, recallStatus } from './recall-status.ts';
import { fitReply, replyBudget, type Shortened } from './reply-budget.ts';
import type { Scope } from './scope.ts';

export interface SessionStart extends PersonaContext {
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

export function sessionStart(scope: Scope): SessionStart {
  const { workspace, clock, settings } = scope;
  // A session that begins will soon search.
  workspace.models.warm();
  const { memories } = workspace.store;
  const now = clock.now();
  const context = readContext(scope);
  const open = { ...context, goals: context.goals.filter(isOpen), promises: context.promises.filter(isOpen) };
  const last = workspace.activity.lastConversation();
  const view = (memory: Parameters<typeof viewOf>[0]) => viewOf(memory, scope);

  const base = {
    persona: workspace.persona,
    now: now.toISOString(),
    timezone: settings.timezone,
    ...(last !== undefined && {
      last_conversation: { at: last, age: ageOf(last, { now, timeZone: settings.timezone }) },
    }),
    ...open,
    total_memories: memories.count(live),
    recall: recallStatus(scope),
  };
  // Half of what the context leaves goes to pinned memories, the rest to recent ones.
  const room = Math.max(4_000, replyBudget.concise - Buffer.byteLength(JSON.stringify(base)));
  const pinned = fitReply(memories.pinned(shownPinned).map(view), room / 2);
  const recent = memories.list({ filter: live, order: 'newest', limit: settings.recent_memories_count }).map(view);
  const left = room - Buffer.byteLength(JSON.stringify(pinned));
  workspace.activity.read('get_context', [], scope.caller);
  return { ...base, pinned, recent: fitReply(recent, left) };
}

function isOpen({ status }: { status: string }): boolean {
  return status === 'open';
}
