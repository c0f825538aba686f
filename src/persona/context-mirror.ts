/**
 * persona_context.json: the readable mirror of a persona's context, and the way the original system's file of that
 * name comes in. A reader never sees half a file.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import * as z from 'zod';
import type { ContextEntry } from '../store/context-table.ts';

const record = z.record(z.string(), z.unknown());
const undertakings = z.array(
  z.object({
    text: z.string(),
    status: z.enum(['open', 'done', 'dropped']),
    since: z.string(),
    closed_at: z.string().optional(),
  }),
);

/** Our own mirror and the original's file; what does not fit is left out. Both name the emotion differently. */
const mirrorSchema = z
  .object({
    state: record.catch({}),
    user_info: record.catch({}),
    persona_info: record.catch({}),
    preferences: record.catch({}),
    goals: undertakings.catch([]),
    promises: undertakings.catch([]),
    current_emotion: z.string().optional().catch(undefined),
    current_emotion_intensity: z.number().optional().catch(undefined),
    current_action_tag: z.string().optional().catch(undefined),
    physical_state: z.string().optional().catch(undefined),
    mental_state: z.string().optional().catch(undefined),
    environment: z.string().optional().catch(undefined),
    relationship_status: z.string().optional().catch(undefined),
    favorite_items: z.array(z.unknown()).optional().catch(undefined),
    special_moments: z.array(z.unknown()).optional().catch(undefined),
    active_promises: z.string().min(1).optional().catch(undefined),
    current_goals: z.string().min(1).optional().catch(undefined),
    last_conversation_time: z.string().optional().catch(undefined),
  })
  .loose();

/** The context that a file describes, or nothing where there is no readable file. Nothing is written. */
export function readContextMirror(file: string): Map<string, ContextEntry> {
  let mirror: z.output<typeof mirrorSchema>;
  try {
    mirror = mirrorSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // No mirror or an unreadable one: it is derived, so there is nothing to take over.
    return new Map();
  }
  const since = mirror.last_conversation_time ?? new Date(0).toISOString();
  const single = (text: string | undefined) => (text === undefined ? [] : [{ text, status: 'open', since }]);
  const values = {
    ...mirror.state,
    emotion: mirror.state.emotion ?? mirror.current_emotion,
    emotion_intensity: mirror.state.emotion_intensity ?? mirror.current_emotion_intensity,
    action_tag: mirror.state.action_tag ?? mirror.current_action_tag,
    physical_state: mirror.state.physical_state ?? mirror.physical_state,
    mental_state: mirror.state.mental_state ?? mirror.mental_state,
    environment: mirror.state.environment ?? mirror.environment,
    relationship_status: mirror.state.relationship_status ?? mirror.relationship_status,
    user_info: withoutEmpty(mirror.user_info),
    persona_info: withoutEmpty({
      ...mirror.persona_info,
      favorite_items: mirror.favorite_items,
      special_moments: mirror.special_moments,
    }),
    preferences: mirror.preferences,
    goals: [...mirror.goals, ...single(mirror.current_goals)],
    promises: [...mirror.promises, ...single(mirror.active_promises)],
  };
  const entries = Object.entries(withoutEmpty(values)).map(
    ([name, value]) => [name, { value, updated_at: since }] as const,
  );
  return new Map(entries);
}

/** Replaces the file atomically. */
export async function writeContextMirror(file: string, context: unknown): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(context, undefined, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function withoutEmpty(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== ''),
  );
}
