/**
 * The persona's context: its state, facts about the user, goals and promises. It is stored in SQLite, with a readable
 * mirror beside it as persona_context.json. Until the first change, the original system's file of that name is used.
 */
import { MemoryMcpError, reasonOf } from '../core/errors.ts';
import type { Timestamp } from '../core/memory.ts';
import { writeContextMirror } from '../persona/context-mirror.ts';
import { readOriginalContext } from '../persona/original-context.ts';
import type { Scope, ServiceSettings } from '../persona/scope.ts';
import type { Workspace } from '../persona/workspace.ts';
import { replyBudget } from '../reply/reply-budget.ts';
import type { ContextEntries, ContextEntry } from '../store/context-table.ts';
import { type CommitmentChange, dropOpen, mergeCommitments, readCommitments } from './commitments.ts';
import { type ContextView, viewOfContext } from './context-view.ts';
import {
  type ContextRecord,
  type listNames,
  type PersonaContext,
  type recordNames,
  type StateName,
  stateNames,
} from './persona-context.ts';

/** Maximum size of a record in characters of JSON. Every session starts with all of them. */
const recordLimit = 4_000;

export interface ContextChange {
  /** Null clears a field. */
  readonly state: Readonly<Partial<Record<StateName, string | number | null>>>;
  /** Merged name by name; null removes a name, or the whole record. */
  readonly records: Readonly<Partial<Record<(typeof recordNames)[number], ContextRecord | null>>>;
  /** Null drops what is open. */
  readonly lists: Readonly<Partial<Record<(typeof listNames)[number], readonly CommitmentChange[] | null>>>;
}

/** Where a context is read from. */
export interface ContextSource {
  readonly workspace: Pick<Workspace, 'store' | 'paths'>;
  readonly settings: Pick<ServiceSettings, 'timezone'>;
}

export function readContext(source: ContextSource): PersonaContext {
  return contextFrom(currentEntries(source));
}

/**
 * Applies a change and returns the whole context. `invalid_input` for a record or list that would become too long,
 * `not_found` for closing an unknown one.
 */
export async function changeContext(scope: Scope, change: ContextChange): Promise<ContextView> {
  const { workspace, clock, caller } = scope;
  const now = clock.now().toISOString();
  const inherited = currentEntries(scope);
  await workspace.store.context.change(
    (stored) => {
      // The first change imports the original's context. Another process may have done so by now.
      const base = stored.size === 0 ? inherited : stored;
      const entries = new Map<string, ContextEntry | undefined>(stored.size === 0 ? inherited : []);
      const set = (name: string, value: unknown) =>
        entries.set(name, value === null || value === undefined ? undefined : { value, updated_at: now });
      for (const [name, value] of Object.entries(change.state)) set(name, value);
      for (const [name, record] of Object.entries(change.records)) {
        set(name, record === null ? undefined : mergeRecord(name, base.get(name)?.value, record));
      }
      for (const [name, list] of Object.entries(change.lists)) {
        const current = readCommitments(base.get(name)?.value);
        set(name, mergeCommitments(name, current, list ?? dropOpen(current), now));
      }
      return entries;
    },
    workspace.activity.note('update_context', caller.source),
  );
  return viewOfContext(await updateMirror(scope), scope, { room: replyBudget.full - 500, closedAt: now });
}

/** Every entry as it is stored. */
export const readContextEntries: (scope: Pick<Scope, 'workspace' | 'settings'>) => ContextEntries = currentEntries;

/** Those of `entries` that are missing or older here. */
export function newerContextEntries(
  scope: Pick<Scope, 'workspace' | 'settings'>,
  entries: ContextEntries,
): ContextEntries {
  const here = currentEntries(scope);
  return new Map([...entries].filter(([name, { updated_at }]) => (here.get(name)?.updated_at ?? '') < updated_at));
}

/** Takes over entries that are missing or older here. */
export async function importContextEntries(scope: Scope, entries: ContextEntries): Promise<void> {
  const newer = newerContextEntries(scope, entries);
  if (newer.size === 0) return;
  const inherited = currentEntries(scope);
  await scope.workspace.store.context.change((stored) => new Map([...(stored.size === 0 ? inherited : []), ...newer]));
  await updateMirror(scope);
}

/** Writes the mirror and returns its content. */
async function updateMirror(scope: Scope): Promise<PersonaContext> {
  const { workspace, logger } = scope;
  for (;;) {
    const context = readContext(scope);
    try {
      await writeContextMirror(workspace.paths, { persona: workspace.persona, ...context });
    } catch (error) {
      // The context itself is stored. Its mirror is for reading only and is written again with the next change.
      logger.warn('persona_context.json could not be written', { persona: workspace.persona, reason: reasonOf(error) });
      return context;
    }
    // A process that changed it meanwhile may have written a newer mirror, which this one has just replaced.
    if (JSON.stringify(readContext(scope)) === JSON.stringify(context)) return context;
  }
}

/** The stored entries, or those of the original system's file if nothing is stored yet. */
function currentEntries({ workspace, settings }: ContextSource): ContextEntries {
  const stored = workspace.store.context.all();
  return stored.size > 0 ? stored : readOriginalContext(workspace.paths.context, settings.timezone);
}

function contextFrom(entries: ContextEntries): PersonaContext {
  const value = (name: string) => entries.get(name)?.value;
  const state = stateNames.flatMap((name) => {
    const entry = value(name);
    return typeof entry === 'string' || typeof entry === 'number' ? [[name, entry] as const] : [];
  });
  const lastConversation = value('last_conversation');
  return {
    state: Object.fromEntries(state),
    user_info: recordIn(value('user_info')),
    persona_info: recordIn(value('persona_info')),
    preferences: recordIn(value('preferences')),
    goals: readCommitments(value('goals')),
    promises: readCommitments(value('promises')),
    updated_at: newest([...entries.values()]),
    state_updated_at: newest(stateNames.flatMap((name) => entries.get(name) ?? [])),
    ...(typeof lastConversation === 'string' && { last_conversation: lastConversation }),
  };
}

function newest(entries: readonly ContextEntry[]): Timestamp | undefined {
  return entries
    .map(({ updated_at }) => updated_at)
    .sort()
    .at(-1);
}

function recordIn(value: unknown): ContextRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function mergeRecord(name: string, current: unknown, change: ContextRecord): ContextRecord | undefined {
  const merged = new Map([...Object.entries(recordIn(current)), ...Object.entries(change)]);
  const record = Object.fromEntries([...merged].filter(([, value]) => value !== null));
  const length = JSON.stringify(record).length;
  if (length > recordLimit) {
    throw new MemoryMcpError(
      'invalid_input',
      `${name}: it would be ${length} characters of JSON; at most ${recordLimit} are allowed`,
      { hint: 'Store single facts with memory_create, and remove names that are not needed by setting them to null.' },
    );
  }
  return merged.size === 0 || Object.keys(record).length === 0 ? undefined : record;
}
