/**
 * The data export of ChatGPT (Settings, Data controls, Export data): `conversations.json`, an array of conversations. The
 * messages of one are a tree, because prompts can be edited; read are the user's texts on the way to its current node.
 */
import * as z from 'zod';
import { tagLimit } from '../../core/memory-fields.ts';
import { foreignMemory } from '../foreign-memory.ts';
import type { ImportFormat, ImportItem, Reading } from '../format.ts';
import { conversationLimit } from './conversation-limit.ts';
import { conversationsOf } from './conversations.ts';

const kind = 'chatgpt';
const spoken = z.looseObject({ content_type: z.literal('audio_transcription'), text: z.string() });
const message = z.looseObject({
  id: z.string(),
  author: z.looseObject({ role: z.string() }),
  create_time: z.number().min(0).max(1e11).nullish(),
  content: z.looseObject({ content_type: z.string(), parts: z.array(z.unknown()).nullish() }),
  metadata: z.looseObject({ is_visually_hidden_from_conversation: z.boolean().nullish() }).nullish(),
});
const node = z.looseObject({ message: message.nullish(), parent: z.string().nullish() });
const conversation = z.looseObject({
  title: z.string().nullish(),
  create_time: z.number().min(0).max(1e11).nullish(),
  current_node: z.string().nullish(),
  mapping: z.record(z.string(), node),
});
type Conversation = z.output<typeof conversation>;

export const chatgpt: ImportFormat = {
  name: kind,
  title: 'Export of ChatGPT',
  documents: /(^|\/)conversations[^/]*\.json$/i,
  limit: conversationLimit,
  recognizes: (_name, beginning) => /^\s*\[/.test(beginning) && /"mapping"\s*:/.test(beginning),
  async *read(document, reading) {
    for await (const { number, value } of conversationsOf(document, conversation)) {
      yield* turnsOf(value, number, reading);
    }
  },
};

function* turnsOf(found: Conversation, number: number, reading: Reading): Generator<ImportItem> {
  const current = pathToCurrent(found);
  const title = found.title?.trim() ?? '';
  const tags = title !== '' && title.length <= tagLimit.length ? [title] : [];
  for (const [at, [id, { message: turn }]] of Object.entries(found.mapping).entries()) {
    if (turn?.author.role !== 'user') continue;
    const place = `conversation ${number}, message ${at + 1}`;
    const skip = (reason: string): ImportItem => ({ kind: 'skipped', place, reason });
    const { content_type: type, parts } = turn.content;
    if (turn.metadata?.is_visually_hidden_from_conversation === true) yield skip('not shown in the conversation');
    else if (type !== 'text' && type !== 'multimodal_text')
      yield skip(`a ${type}, which is no text of the user`.slice(0, 80));
    else if (!current.has(id)) yield skip('a prompt that was edited later');
    else {
      const seconds = turn.create_time ?? found.create_time;
      const at = seconds == null ? undefined : new Date(seconds * 1_000).toISOString();
      const fields = {
        content: (parts ?? []).flatMap(textOf).join('\n'),
        tags,
        ...(at !== undefined && { created_at: at, occurred_at: at }),
      };
      yield foreignMemory({ place, kind, id: turn.id, fields }, reading);
    }
  }
}

/** All nodes if the conversation names none as its current one. */
function pathToCurrent({ mapping, current_node: current }: Conversation): ReadonlySet<string> {
  if (current == null || mapping[current] === undefined) return new Set(Object.keys(mapping));
  const path = new Set<string>();
  for (let id: string | null | undefined = current; id != null && !path.has(id); id = mapping[id]?.parent) path.add(id);
  return path;
}

function textOf(part: unknown): string[] {
  if (typeof part === 'string') return [part];
  const said = spoken.safeParse(part);
  return said.success ? [said.data.text] : [];
}
