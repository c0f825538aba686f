/**
 * The context of a persona in a database of the original system, and the whole context: what a later version stored in
 * tables goes before what an earlier one left in persona_context.json.
 */
import type { Timestamp } from '../core/memory.ts';
import { type StateField, stateFieldNames, stateLimit } from '../core/memory-fields.ts';
import type { ContextEntries, ContextEntry } from '../store/context-table.ts';
import { jsonIn, numberIn, wordsIn } from './cells.ts';
import { type OriginalCommitment, readCommitmentList } from './commitments.ts';
import { defaultStates, isSilentEmotion } from './default-states.ts';
import type { StoredGoals } from './goal-tables.ts';
import type { OriginalDatabase } from './original-database.ts';
import type { Row } from './original-memory.ts';
import { readTime } from './times.ts';

/** Tables of the current context. The history in them has no place here. */
export const contextTables = ['context_state', 'user_info', 'persona_info', 'user_state', 'user_state_history'];

const bodyStates = ['fatigue', 'warmth', 'arousal', 'heart_rate', 'pain'];
/** Bookkeeping of the original. */
const ignoredStates = new Set(['last_state_update']);

interface StoredContext {
  readonly entries: ContextEntries;
  /** Rows of tables with a history that are no longer valid, by table. */
  readonly history: ReadonlyMap<string, number>;
}

export function readStoredContext(
  database: OriginalDatabase,
  { timeZone, fallbackTime }: { timeZone: string; fallbackTime: Timestamp },
): StoredContext {
  const history = new Map<string, number>();
  const current = (table: string): Row[] => {
    const rows = database.rows(table);
    const valid = rows.filter((row) => row.valid_until === null || row.valid_until === undefined);
    if (valid.length < rows.length) history.set(table, rows.length - valid.length);
    return valid;
  };
  const states = toRecord(current('context_state'), asIs);
  const user = {
    ...toRecord(current('user_state_history'), asIs),
    ...toRecord(current('user_state'), asIs),
    ...toRecord(current('user_info'), asIs),
  };
  const { goals, current_goals, promises, active_promises, ...persona } = toRecord(current('persona_info'), jsonIn);
  const lists = { timeZone, since: fallbackTime };
  const lastConversation = readTime(states.last_conversation_time, timeZone)?.at;
  const values: Record<string, unknown> = {
    ...readStates(states),
    user_info: unlessEmpty(withoutNothing({ ...user, name: user.name === 'User' ? undefined : user.name })),
    persona_info: unlessEmpty(withoutNothing({ ...persona, ...otherStates(states) })),
    goals: unlessEmpty([...readCommitmentList(goals, lists), ...readCommitmentList(current_goals, lists)]),
    promises: unlessEmpty([...readCommitmentList(promises, lists), ...readCommitmentList(active_promises, lists)]),
    last_conversation: lastConversation,
  };
  const entry = (value: unknown): ContextEntry => ({ value, updated_at: lastConversation ?? fallbackTime });
  return {
    entries: new Map(
      Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, entry(value)]])),
    ),
    history,
  };
}

/** One context out of both, and of the goals in tables and memories. */
export function mergeContexts(
  file: ContextEntries | undefined,
  stored: ContextEntries,
  goals: StoredGoals,
  at: Timestamp,
): ContextEntries {
  const merged = new Map([...(file ?? []), ...stored]);
  for (const name of ['user_info', 'persona_info', 'preferences']) {
    const [older, newer] = [file?.get(name), stored.get(name)];
    if (older !== undefined && newer !== undefined) {
      merged.set(name, { value: { ...recordIn(older), ...recordIn(newer) }, updated_at: newer.updated_at });
    }
  }
  for (const name of ['goals', 'promises'] as const) {
    const all = [...goals[name], ...commitmentsIn(stored.get(name)), ...commitmentsIn(file?.get(name))];
    const value = distinct(all);
    if (value.length > 0) merged.set(name, { value, updated_at: merged.get(name)?.updated_at ?? at });
  }
  return merged;
}

/** The first of several that say the same. */
function distinct(commitments: readonly OriginalCommitment[]): OriginalCommitment[] {
  const known = new Map<string, OriginalCommitment>();
  for (const commitment of commitments) {
    if (!known.has(commitment.text)) known.set(commitment.text, commitment);
  }
  return [...known.values()];
}

function readStates(states: Row): Row {
  const intensity = numberIn(states.emotion_intensity);
  const emotion = isSilentEmotion(wordsIn(states.emotion), intensity) ? undefined : wordsIn(states.emotion);
  const text = (name: StateField) => {
    const words = wordsIn(states[name]);
    return words === defaultStates[name] ? undefined : words?.slice(0, stateLimit);
  };
  return {
    ...Object.fromEntries(stateFieldNames.map((name) => [name, text(name)])),
    emotion,
    emotion_intensity:
      emotion === undefined || intensity === undefined ? undefined : Math.min(1, Math.max(0, intensity)),
  };
}

/** States that have no place among ours belong to the persona. */
function otherStates(states: Row): Row {
  const others = Object.entries(states).filter(
    ([name]) =>
      !stateFieldNames.some((field) => field === name) && !ignoredStates.has(name) && name !== 'last_conversation_time',
  );
  const body = others.filter(([name]) => bodyStates.includes(name));
  return {
    ...Object.fromEntries(others.filter(([name]) => !bodyStates.includes(name))),
    body_state: unlessEmpty(Object.fromEntries(body)),
  };
}

const asIs = (value: unknown): unknown => value;

/** Rows of names and values. Later ones go before earlier ones. */
function toRecord(rows: readonly Row[], read: (value: unknown) => unknown): Row {
  return Object.fromEntries(
    rows.flatMap((row) => {
      const name = wordsIn(row.key);
      return name === undefined ? [] : [[name, read(row.value)] as const];
    }),
  );
}

function withoutNothing(record: Row): Row {
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== undefined && value !== null && value !== ''),
  );
}

function unlessEmpty<Value extends object>(value: Value): Value | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}

function recordIn({ value }: ContextEntry): Row {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function commitmentsIn(entry: ContextEntry | undefined): OriginalCommitment[] {
  return Array.isArray(entry?.value) ? entry.value : [];
}
