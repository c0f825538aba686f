/**
 * Reads the original system's persona_context.json as our context, until the first change is stored. Never writes the
 * file. Its default values ("neutral", "unknown") carry no information and are left out.
 */
import { statSync } from 'node:fs';
import * as z from 'zod';
import type { Timestamp } from '../core/memory.ts';
import { instantAt } from '../core/time/time-zone.ts';
import type { ContextEntries } from '../store/context-table.ts';
import { readForeignContextFile } from './context-mirror.ts';

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

/** Defaults of the original system. */
const defaults: Readonly<Record<string, string>> = {
  current_emotion: 'neutral',
  physical_state: 'normal',
  mental_state: 'calm',
  environment: 'unknown',
  relationship_status: 'normal',
};

/** Empty if the file is missing or invalid. Times without an offset are read as local times in `timeZone`. */
export function readOriginalContext(file: string, timeZone: string): ContextEntries {
  const found = readForeignContextFile(file);
  const original = found === undefined ? undefined : parse(found);
  if (original === undefined) return new Map();

  const unlessDefault = (name: keyof typeof original) =>
    original[name] === defaults[name] ? undefined : original[name];
  const lastConversation = toUtc(original.last_conversation_time, timeZone);
  const since = lastConversation ?? statSync(file).mtime.toISOString();
  const toCommitments = (content: string | undefined) =>
    content === undefined ? undefined : [{ text: content, status: 'open', since }];
  const { name, ...user } = original.user_info;
  const values = {
    emotion: unlessDefault('current_emotion'),
    emotion_intensity: unlessDefault('current_emotion') === undefined ? undefined : original.current_emotion_intensity,
    action_tag: unlessDefault('current_action_tag'),
    physical_state: unlessDefault('physical_state'),
    mental_state: unlessDefault('mental_state'),
    environment: unlessDefault('environment'),
    relationship_status: unlessDefault('relationship_status'),
    user_info: dropEmpty({ name: name === 'User' ? undefined : name, ...user }),
    persona_info: dropEmpty({
      ...original.persona_info,
      favorite_items: original.favorite_items,
      special_moments: original.special_moments,
    }),
    preferences: dropEmpty(original.preferences),
    goals: toCommitments(original.current_goals),
    promises: toCommitments(original.active_promises),
    last_conversation: lastConversation,
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
    // A damaged file counts as empty. The first change sets it aside.
    return undefined;
  }
}

/** The record without its empty values, or undefined if none is left. */
function dropEmpty(values: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** Converts an ISO time with or without an offset to UTC. */
function toUtc(time: string | undefined, timeZone: string): Timestamp | undefined {
  if (time === undefined) return undefined;
  const hasOffset = /(?:Z|[+-]\d\d:\d\d)$/.test(time);
  const parsed = Date.parse(hasOffset ? time : `${time}Z`);
  if (Number.isNaN(parsed)) return undefined;
  return new Date(hasOffset ? parsed : instantAt(parsed, timeZone)).toISOString();
}
