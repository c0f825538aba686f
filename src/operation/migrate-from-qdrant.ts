/** migrate_qdrant_to_sqlite_tool: copies memories from Qdrant. The name is that of the original system. */
import * as z from 'zod';
import { migrateFromServer } from '../service/migrate-from-server.ts';
import { defineOperation } from './operation.ts';

const count = z.number();

export const migrateFromQdrant = defineOperation({
  name: 'migrate_qdrant_to_sqlite_tool',
  title: 'Copy memories from Qdrant',
  description:
    'Copies the memories of this persona from the Qdrant of qdrant_url, with every field. Memories that are as new here, ' +
    'or newer, stay; permanently deleted ones stay deleted. Can be repeated. For more than some 10,000 memories use the ' +
    'command memory-mcp migrate qdrant-to-sqlite, which shows how far it is.',
  effect: 'write',
  set: 'full',
  creates: true,
  idempotent: true,
  input: z.strictObject({ dry_run: z.boolean().default(false) }),
  output: z.strictObject({
    collection: z.string(),
    dry_run: z.boolean(),
    points: count,
    added: count,
    updated: count,
    kept: count,
    erased: count,
    with_vectors: count,
    skipped: count,
    skipped_points: z.array(z.strictObject({ point: z.string(), reason: z.string() })),
  }),
  async run({ dry_run: dryRun }, { workspace, openServerPlace, clock }) {
    const place = openServerPlace();
    try {
      await place.server.check();
      const receipt = await migrateFromServer({
        ...place,
        store: workspace.store,
        dryRun,
        onProgress: () => {},
        clock,
      });
      workspace.embeddingScheduler.drain();
      return receipt;
    } finally {
      place.server.close();
    }
  },
});
