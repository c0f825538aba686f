/** migrate_sqlite_to_qdrant_tool: copies a persona to Qdrant. The name is that of the original system. */
import * as z from 'zod';
import { migrateToServer } from '../service/migrate-to-server.ts';
import { defineOperation } from './operation.ts';

export const migrateToQdrant = defineOperation({
  name: 'migrate_sqlite_to_qdrant_tool',
  title: 'Copy memories to Qdrant',
  description:
    'Copies the vectors of this persona, with its memories, to the Qdrant of qdrant_url, and compares a sample. Nothing ' +
    'changes here. Can be repeated; a run that was interrupted goes on. For more than some 10,000 memories use the ' +
    'command memory-mcp migrate sqlite-to-qdrant, which shows how far it is.',
  effect: 'write',
  set: 'full',
  idempotent: true,
  input: z.strictObject({ dry_run: z.boolean().default(false) }),
  output: z.strictObject({
    collection: z.string(),
    dry_run: z.boolean(),
    memories: z.number(),
    vectors: z.number(),
    waiting: z.number(),
    before: z.number(),
    after: z.number(),
    compared: z.number(),
  }),
  async run({ dry_run: dryRun }, { workspace: { store }, openServerPlace, clock, logger }) {
    const place = openServerPlace();
    try {
      await place.server.check();
      return await migrateToServer({ ...place, store, dryRun, onProgress: () => {}, clock, logger });
    } finally {
      place.server.close();
    }
  },
});
