/**
 * index_rebuild: makes the vector index anew from the stored vectors. Never needed in normal life, and always safe.
 */
import * as z from 'zod';
import { rebuildIndex } from '../service/reindex.ts';
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
  output: z.strictObject({ vectors: z.number(), queued: z.number(), engine: z.string() }),
  run: (_, scope) => rebuildIndex(scope),
});
