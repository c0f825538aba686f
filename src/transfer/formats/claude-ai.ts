/**
 * The data export of Claude.ai (Settings, Privacy, Export data): `conversations.json`, an array of conversations whose
 * `chat_messages` name their sender. Read are the texts of the human, without the files that were attached.
 */
import * as z from 'zod';
import { tagLimit } from '../../core/memory-fields.ts';
import { foreignMemory } from '../foreign-memory.ts';
import type { ImportFormat } from '../format.ts';
import { conversationLimit } from './conversation-limit.ts';
import { conversationsOf } from './conversations.ts';

const kind = 'claude-ai';
const message = z.looseObject({
  uuid: z.string(),
  sender: z.enum(['human', 'assistant']),
  text: z.string().nullish(),
  created_at: z.string(),
  content: z.array(z.looseObject({ type: z.string(), text: z.string().nullish() })).nullish(),
});
const conversation = z.looseObject({ uuid: z.string(), name: z.string().nullish(), chat_messages: z.array(message) });

export const claudeAi: ImportFormat = {
  name: kind,
  title: 'Export of Claude.ai',
  documents: /(^|\/)conversations[^/]*\.json$/i,
  limit: conversationLimit,
  recognizes: (_name, beginning) => /^\s*\[/.test(beginning) && /"chat_messages"\s*:/.test(beginning),
  async *read(document, reading) {
    for await (const { number, value } of conversationsOf(document, conversation)) {
      const { name, chat_messages: messages } = value;
      const title = name?.trim() ?? '';
      const tags = title !== '' && title.length <= tagLimit.length ? [title] : [];
      for (const [at, { uuid, sender, text: whole, created_at, content }] of messages.entries()) {
        if (sender !== 'human') continue;
        const blocks = (content ?? []).flatMap((block) => (block.type === 'text' && block.text ? [block.text] : []));
        const text = blocks.length > 0 ? blocks.join('\n') : (whole ?? '');
        const fields = { content: text, tags, created_at, occurred_at: created_at };
        yield foreignMemory({ place: `conversation ${number}, message ${at + 1}`, kind, id: uuid, fields }, reading);
      }
    }
  },
};
