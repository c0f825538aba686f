/**
 * The original system's persona_context.json, of any of its versions, as entries of our context. Its default values
 * ("neutral", "unknown") carry no information and are left out.
 */
import { readFileSync, statSync } from 'node:fs';
import type { Timestamp } from '../core/memory.ts';
import type { ContextEntries } from '../store/context-table.ts';
import { jsonIn, numberIn, wordsIn } from './cells.ts';
import { type OriginalCommitment, readCommitmentList } from './commitments.ts';
import { defaultStates, isSilentEmotion } from './default-states.ts';
import { readTime } from './times.ts';

export interface OriginalContext {
  /** Undefined if there is no readable file. */
  readonly entries: ContextEntries | undefined;
  /** The readable one: the file itself, or the copy that the original kept beside it. */
  readonly file: string | undefined;
  /** What is wrong with the file, in words. */
  readonly fault: string | undefined;
}

interface ContextReading {
  readonly timeZone: string;
  /** When the file was last written, for a context that says no time. */
  readonly modified: Timestamp;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads the file, or the backup that the original made before each write if the file is torn. */
export function readContextFile(file: string | undefined, timeZone: string): OriginalContext {
  if (file === undefined) return { entries: undefined, file, fault: undefined };
  const [entries, backup] = [readEntries(file, timeZone), `${file}.backup`];
  if (entries !== undefined) return { entries, file, fault: undefined };
  const earlier = readEntries(backup, timeZone);
  const fault = 'persona_context.json is damaged';
  return earlier === undefined
    ? { entries: undefined, file: undefined, fault: `${fault}, and so is its backup or there is none` }
    : { entries: earlier, file: backup, fault: `${fault}; persona_context.json.backup is used` };
}

function readEntries(file: string, timeZone: string): ContextEntries | undefined {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  return parseContext(readFileSync(file, 'utf8'), { timeZone, modified: statSync(file).mtime.toISOString() });
}

/** Undefined if the text is not a JSON object. */
export function parseContext(text: string, { timeZone, modified }: ContextReading): ContextEntries | undefined {
  const file = fieldsIn(jsonIn(text));
  if (file === undefined) return undefined;
  const lastConversation = readTime(file.last_conversation_time, timeZone)?.at;
  const since = lastConversation ?? modified;
  const state = (name: string, there = name) => {
    const words = wordsIn(file[there]);
    return words === defaultStates[name] ? undefined : words;
  };
  const intensity = numberIn(file.current_emotion_intensity);
  const emotion = isSilentEmotion(wordsIn(file.current_emotion), intensity) ? undefined : wordsIn(file.current_emotion);
  const { name, ...user } = fieldsIn(file.user_info) ?? {};
  const { goals, promises, current_goals, active_promises, ...persona } = fieldsIn(file.persona_info) ?? {};
  const lists = { timeZone, since };
  const values = {
    emotion,
    emotion_intensity: emotion === undefined || intensity === undefined ? undefined : clamp(intensity),
    action_tag: state('action_tag', 'current_action_tag'),
    physical_state: state('physical_state'),
    mental_state: state('mental_state'),
    environment: state('environment'),
    relationship_status: state('relationship_status'),
    user_info: withoutBlanks({ name: name === 'User' ? undefined : name, ...user }),
    persona_info: withoutBlanks({
      ...persona,
      favorite_items: file.favorite_items,
      special_moments: file.special_moments,
    }),
    preferences: withoutBlanks(fieldsIn(file.preferences) ?? {}),
    goals: unlessEmpty(
      [file.current_goals, file.goals, current_goals, goals].flatMap((list) => readCommitmentList(list, lists)),
    ),
    promises: unlessEmpty(
      [file.active_promises, file.promises, active_promises, promises].flatMap((list) =>
        readCommitmentList(list, lists),
      ),
    ),
    last_conversation: lastConversation,
  };
  return new Map(
    Object.entries(values).flatMap(([entry, value]) =>
      value === undefined ? [] : [[entry, { value, updated_at: since }] as const],
    ),
  );
}

function fieldsIn(value: unknown): Fields | undefined {
  // An object that is no list has names and values.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** The record without its empty values, or undefined if none is left. */
function withoutBlanks(fields: Fields): Fields | undefined {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function unlessEmpty(list: readonly OriginalCommitment[]): readonly OriginalCommitment[] | undefined {
  return list.length === 0 ? undefined : list;
}

function clamp(fraction: number): number {
  return Math.min(1, Math.max(0, fraction));
}
