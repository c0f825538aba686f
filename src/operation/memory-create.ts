/**
 * memory_create: stores a memory. When the receipt is returned, the memory is durable and can be found by its words. Its
 * vector may follow later.
 */
import * as z from 'zod';
import { MemoryMcpError } from '../core/errors.ts';
import type { Memory } from '../core/memory.ts';
import { memoryKeyAt } from '../core/memory-key.ts';
import { holdsServedBlock, servedKey } from '../core/served-text.ts';
import { localTime } from '../core/time/local-time.ts';
import { findSimilar } from '../search/similar-memories.ts';
import { reportReplaced } from '../service/report-replaced.ts';
import { readOccurrence } from './occurrence.ts';
import { defineOperation } from './operation.ts';
import { createFields, memoryKey, pinnedField, similarMemory } from './vocabulary.ts';

export const memoryCreate = defineOperation({
  name: 'memory_create',
  title: 'Store a memory',
  description:
    'Stores something worth knowing in later conversations: facts about the user, decisions and their reasons, ' +
    'preferences, promises, events. One memory per fact. Do not store what is only needed now. ' +
    'Returns a receipt. Identical text is not stored twice, its tags are united (duplicate_of). similar: stored ' +
    'memories that say nearly the same; if one was meant, update it and delete this one.',
  effect: 'write',
  set: 'core',
  creates: true,
  input: z.strictObject({ ...createFields, pinned: pinnedField }),
  output: z.strictObject({
    key: memoryKey,
    stored: z.boolean(),
    duplicate_of: memoryKey.optional(),
    version: z.number(),
    pinned: z.literal(true).optional(),
    occurred_at: z.string().optional(),
    lexical: z.literal('indexed'),
    vector: z.enum(['indexed', 'queued', 'partial', 'off']),
    embedded_characters: z.number().optional(),
    replaced_characters: z.number().optional(),
    similar: z.array(similarMemory).optional(),
  }),
  async run(given, scope) {
    const { workspace, clock, settings, caller } = scope;
    const now = clock.now();
    const fields = {
      ...given,
      content: contentToStore(given.content, workspace.store.memories),
      occurred_at: readOccurrence(given.occurred_at, scope),
    };
    const { created, memory } = await workspace.store.memories.create(
      {
        ...fields,
        source: caller.source,
        created_at: now.toISOString(),
        key: memoryKeyAt(now, settings.timezone),
      },
      workspace.activity.note('memory_create', caller.source),
    );
    const vector = await (created
      ? workspace.embeddingScheduler.embed(memory)
      : workspace.embeddingScheduler.stateOf(memory));
    const similar = created ? await findSimilar(scope, memory) : [];
    // A search is likely to follow, so measure the model quality now.
    void workspace.modelEvaluation.measureOnce(workspace.models.embedder);
    return {
      key: memory.key,
      stored: created,
      duplicate_of: created ? undefined : memory.key,
      version: memory.version,
      ...(memory.pinned && { pinned: true as const }),
      occurred_at: memory.occurred_at && localTime(memory.occurred_at, settings.timezone),
      ...reportReplaced(fields.content),
      lexical: 'indexed' as const,
      ...vector,
      ...(similar.length > 0 && { similar }),
    };
  },
});

/** What recall has served is no new memory: one line of it stands for the memory that it shows. */
function contentToStore(content: string, memories: { read(key: string): Memory | undefined }): string {
  if (holdsServedBlock(content)) {
    throw new MemoryMcpError('invalid_input', 'memory_create: content repeats what the memory has shown', {
      hint: 'That is stored already. Store only what is new, in your own words.',
    });
  }
  const key = servedKey(content);
  const served = key === undefined ? undefined : memories.read(key);
  return served?.deleted_at === undefined ? (served?.content ?? content) : content;
}
