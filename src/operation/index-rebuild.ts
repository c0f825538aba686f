/**
 * index_rebuild: rebuilds the vector index from the stored vectors. Always safe, and not needed in normal use.
 */
import * as z from 'zod';
import { recallStatus } from '../search/recall-status.ts';
import { defineOperation } from './operation.ts';

export const indexRebuild = defineOperation({
  name: 'index_rebuild',
  title: 'Rebuild the vector index',
  description:
    'Makes the vector index anew from the stored vectors and writes index.faiss. No memory is changed and nothing is ' +
    'embedded again. Texts that have no vector yet are embedded in the background.',
  effect: 'write',
  set: 'full',
  idempotent: true,
  input: z.strictObject({}),
  output: z.strictObject({ vectors: z.number(), queued: z.number(), engine: z.string(), file_written: z.boolean() }),
  async run(_, scope) {
    const rebuilt = await scope.workspace.indexSync.rebuild();
    scope.workspace.embeddingScheduler.drain();
    return { ...rebuilt, queued: recallStatus(scope).queued };
  },
});
