/**
 * The original system's persona_context.json as a context of ours: read until the first change is stored, never
 * written. What it fills in by itself ("neutral", "unknown") says nothing and is left out.
 */
import { statSync } from 'node:fs';
import * as z from 'zod';
import type { Timestamp } from '../core/memory.ts';
import { instantAt } from '../core/time/time-zone.ts';
import type { ContextEntries } from '../store/context-table.ts';
import { foreignContextFile } from './context-mirror.ts';

const text = z.string().trim().min(1).optional().catch(undefined);
const record = z.record(z.string(), z.unknown()).catch({});

const originalSchema = z.object({
  user_info: record,
  persona_info: record,
  preferences: record,
  current_emotion: text,
  current_emotion_intensity: z.number().min(0).max(1).optional().catch(undefined),
  current_action_tag: text,
  physical_state: text,
  mental_state: text,
  environment: text,
  relationship_status: text,
  favorite_items: z.unknown().optional(),
  special_moments: z.unknown().optional(),
  active_promises: text,
  current_goals: text,
  last_conversation_time: text,
});

/** The values that it begins with. */
const defaults: Readonly<Record<string, string>> = {
  current_emotion: 'neutral',
  physical_state: 'normal',
  mental_state: 'calm',
  environment: 'unknown',
  relationship_status: 'normal',
};

/** Nothing where there is no such file, or none that can be understood. Its naive times are those of `timeZone`. */
export function readOriginalContext(file: string, timeZone: string): ContextEntries {
  const found = foreignContextFile(file);
  const original = found === undefined ? undefined : parse(found);
  if (original === undefined) return new Map();

  const said = (name: keyof typeof original) => (original[name] === defaults[name] ? undefined : original[name]);
  const spokenAt = utc(original.last_conversation_time, timeZone);
  const since = spokenAt ?? statSync(file).mtime.toISOString();
  const commitment = (content: string | undefined) =>
    content === undefined ? undefined : [{ text: content, status: 'open', since }];
  const { name, ...user } = original.user_info;
  const values = {
    emotion: said('current_emotion'),
    emotion_intensity: said('current_emotion') === undefined ? undefined : original.current_emotion_intensity,
    action_tag: said('current_action_tag'),
    physical_state: said('physical_state'),
    mental_state: said('mental_state'),
    environment: said('environment'),
    relationship_status: said('relationship_status'),
    user_info: filled({ name: name === 'User' ? undefined : name, ...user }),
    persona_info: filled({
      ...original.persona_info,
      favorite_items: original.favorite_items,
      special_moments: original.special_moments,
    }),
    preferences: filled(original.preferences),
    goals: commitment(original.current_goals),
    promises: commitment(original.active_promises),
    last_conversation: spokenAt,
  };
  return new Map(
    Object.entries(values).flatMap(([entry, value]) =>
      value === undefined ? [] : [[entry, { value, updated_at: since }] as const],
    ),
  );
}

function parse(content: string): z.output<typeof originalSchema> | undefined {
  try {
    return originalSchema.parse(JSON.parse(content));
  } catch {
    // A damaged file says nothing; it is set aside with the first change.
    return undefined;
  }
}

/** A record without what is empty, or undefined where nothing is left. */
function filled(values: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** An ISO time with or without an offset, in UTC. */
function utc(time: string | undefined, timeZone: string): Timestamp | undefined {
  if (time === undefined) return undefined;
  const hasOffset = /(?:Z|[+-]\d\d:\d\d)$/.test(time);
  const parsed = Date.parse(hasOffset ? time : `${time}Z`);
  if (Number.isNaN(parsed)) return undefined;
  return new Date(hasOffset ? parsed : instantAt(parsed, timeZone)).toISOString();
}
