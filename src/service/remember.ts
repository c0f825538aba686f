/**
 * Remembering: stores a text and says what became of it. The memory exists, durable and findable by its words, before
 * this returns; its vector may follow.
 */
import type { MemoryFields, MemoryKey } from '../core/memory.ts';
import { memoryKeyAt } from '../core/memory-key.ts';
import type { VectorReceipt } from '../persona/embedding-scheduler.ts';
import type { Scope } from '../persona/scope.ts';

export interface Receipt {
  readonly key: MemoryKey;
  readonly stored: boolean;
  readonly duplicate_of?: MemoryKey | undefined;
  readonly version: number;
  readonly lexical: 'indexed';
  readonly vector: VectorReceipt['vector'];
  readonly embedded_characters?: number | undefined;
}

export async function remember(scope: Scope, fields: MemoryFields): Promise<Receipt> {
  const { workspace, clock, settings, caller } = scope;
  const now = clock.now();
  const { created, memory } = await workspace.store.memories.create({
    ...fields,
    source: caller.source,
    created_at: now.toISOString(),
    key: memoryKeyAt(now, settings.timezone),
  });
  await workspace.activity.wrote('memory_create', [memory.key], caller.source);
  const vector = await (created
    ? workspace.embeddingScheduler.write(memory)
    : workspace.embeddingScheduler.state(memory));
  // Whoever stores will search: by then it should be known what the model is worth.
  void workspace.modelEvaluation.ensure(workspace.models.embedder);
  return {
    key: memory.key,
    stored: created,
    duplicate_of: created ? undefined : memory.key,
    version: memory.version,
    lexical: 'indexed',
    ...vector,
  };
}
