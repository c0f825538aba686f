/**
 * The persona's context: its state, what it knows of the user, goals and promises. SQLite holds it; a readable mirror
 * lies beside it as persona_context.json, and the original system's file of that name is taken over once.
 */
import { reasonOf } from '../core/errors.ts';
import type { Timestamp } from '../core/memory.ts';
import { readContextMirror, writeContextMirror } from '../persona/context-mirror.ts';
import type { ContextEntry } from '../store/context-table.ts';
import type { Scope } from './scope.ts';

export const stateNames = [
  'emotion',
  'emotion_intensity',
  'physical_state',
  'mental_state',
  'environment',
  'relationship_status',
  'action_tag',
] as const;
export const recordNames = ['user_info', 'persona_info', 'preferences'] as const;
export const listNames = ['goals', 'promises'] as const;

type ContextRecord = Readonly<Record<string, unknown>>;

export interface Undertaking {
  readonly text: string;
  readonly status: 'open' | 'done' | 'dropped';
  readonly since: Timestamp;
  readonly closed_at?: Timestamp | undefined;
}

export type PersonaState = Readonly<Partial<Record<(typeof stateNames)[number], string | number>>>;

export interface PersonaContext {
  readonly state: PersonaState;
  readonly user_info: ContextRecord;
  readonly persona_info: ContextRecord;
  readonly preferences: ContextRecord;
  readonly goals: readonly Undertaking[];
  readonly promises: readonly Undertaking[];
  readonly updated_at?: Timestamp | undefined;
}

export interface ContextChange {
  readonly state: Readonly<Partial<Record<(typeof stateNames)[number], string | number | null>>>;
  /** Merged name by name; a null removes a name. */
  readonly records: Readonly<Partial<Record<(typeof recordNames)[number], ContextRecord>>>;
  /** Each entry is added, or changes the entry with the same text. */
  readonly lists: Readonly<
    Partial<Record<(typeof listNames)[number], readonly { text: string; status: Undertaking['status'] }[]>>
  >;
}

export function readContext({ workspace }: Pick<Scope, 'workspace'>): PersonaContext {
  return contextFrom(currentEntries(workspace));
}

export async function changeContext(scope: Scope, change: ContextChange): Promise<PersonaContext> {
  const { workspace, clock, caller } = scope;
  const now = clock.now().toISOString();
  const inherited = workspace.store.context.all().size === 0 ? currentEntries(workspace) : undefined;
  await workspace.store.context.change(now, (stored) => {
    const base = stored.size === 0 && inherited !== undefined ? inherited : stored;
    const values = new Map<string, unknown>([...base].map(([name, { value }]) => [name, value]));
    for (const [name, value] of Object.entries(change.state)) values.set(name, value);
    for (const [name, record] of Object.entries(change.records))
      values.set(name, mergedRecord(values.get(name), record));
    for (const [name, entries] of Object.entries(change.lists))
      values.set(name, mergedList(values.get(name), entries, now));
    return values;
  });
  await workspace.activity.wrote('update_context', [], caller.source);
  const context = readContext(scope);
  await mirror(scope, context);
  return context;
}

async function mirror({ workspace, logger }: Scope, context: PersonaContext): Promise<void> {
  try {
    await writeContextMirror(workspace.paths.context, context);
  } catch (error) {
    // The context itself is stored; its mirror is for reading and is written anew with the next change.
    logger.warn('persona_context.json could not be written', { persona: workspace.persona, reason: reasonOf(error) });
  }
}

/** The stored context, or what the original system left in its file where nothing is stored yet. */
function currentEntries(workspace: Scope['workspace']): Map<string, ContextEntry> {
  const stored = workspace.store.context.all();
  if (stored.size > 0) return stored;
  return readContextMirror(workspace.paths.context);
}

function contextFrom(entries: Map<string, ContextEntry>): PersonaContext {
  const value = (name: string) => entries.get(name)?.value;
  const state: Record<string, string | number> = {};
  for (const name of stateNames) {
    const entry = value(name);
    if (typeof entry === 'string' || typeof entry === 'number') state[name] = entry;
  }
  const updated = [...entries.values()]
    .map(({ updated_at }) => updated_at)
    .sort()
    .at(-1);
  return {
    state,
    user_info: recordOf(value('user_info')),
    persona_info: recordOf(value('persona_info')),
    preferences: recordOf(value('preferences')),
    goals: listOf(value('goals')),
    promises: listOf(value('promises')),
    ...(updated !== undefined && { updated_at: updated }),
  };
}

function recordOf(value: unknown): ContextRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function listOf(value: unknown): Undertaking[] {
  return Array.isArray(value) ? value : [];
}

function mergedRecord(current: unknown, change: ContextRecord): ContextRecord {
  const merged: Record<string, unknown> = { ...recordOf(current) };
  for (const [name, value] of Object.entries(change)) {
    if (value === null) delete merged[name];
    else merged[name] = value;
  }
  return merged;
}

function mergedList(
  current: unknown,
  entries: readonly { text: string; status: Undertaking['status'] }[],
  now: Timestamp,
): Undertaking[] {
  const merged = new Map(listOf(current).map((entry) => [entry.text, entry]));
  for (const { text, status } of entries) {
    const since = merged.get(text)?.since ?? now;
    merged.set(text, { text, status, since, ...(status !== 'open' && { closed_at: now }) });
  }
  return [...merged.values()];
}
