/** How SQLite goes about the statements that would walk through every vector if it chose another index. */
import { describe, expect, it } from 'vitest';
import { createChangeLog } from '../../../src/store/change-log.ts';
import { type Connection, inMemory, openConnection } from '../../../src/store/sqlite/connection.ts';
import { migrate } from '../../../src/store/sqlite/migrations.ts';
import { createVectorTable, type VectorTable } from '../../../src/store/vector-table.ts';

const space = { id: 'model-a', dimensions: 2 };

/** The plan of the last statement that `work` runs. */
async function planOf(work: (vectors: VectorTable) => unknown): Promise<string> {
  const connection = await openConnection({ path: inMemory, busyTimeout: 1_000 });
  await migrate(connection);
  let last = '';
  const watched: Connection = {
    ...connection,
    sql(text) {
      if (text.includes('FROM spaces WHERE name')) return connection.sql(text);
      last = text;
      return connection.sql(text);
    },
  };
  await work(createVectorTable({ connection: watched, changes: createChangeLog(watched) }));
  const parameters = Array.from(last.matchAll(/\?/g), () => null);
  const steps = connection.sql<{ detail: string }>(`EXPLAIN QUERY PLAN ${last}`).all(...parameters);
  connection.close();
  return steps.map(({ detail }) => detail).join('\n');
}

describe('looking for vectors', () => {
  it('of hidden memories begins with these', async () => {
    const plan = await planOf((vectors) => vectors.idsMatching({ deleted: 'exclude' }, space));
    expect(plan).toMatch(/^SCAN m USING INDEX memories_deleted\n.*v USING COVERING INDEX .*memory_id=\?/);
  });

  it('of a time begins with the memories of that time', async () => {
    const filter = { deleted: 'exclude', happenedFrom: '2026-01-01T00:00:00.000Z' } as const;
    const plan = await planOf((vectors) => vectors.idsMatching(filter, space));
    expect(plan).toMatch(/^SEARCH m USING INDEX memories_by_time .*\n.*v USING COVERING INDEX .*memory_id=\?/);
  });

  it('continues page by page', async () => {
    const plan = await planOf((vectors) => vectors.page(space, 1, 10));
    expect(plan).toMatch(/^SEARCH v USING INTEGER PRIMARY KEY/);
    expect(plan).not.toContain('ORDER BY');
  });

  it('of spaces that are not used any more looks at nothing of the one that is', async () => {
    const plan = await planOf((vectors) => vectors.dropOtherSpaces([space.id], 10));
    expect(plan).toMatch(/SCAN s .*\n.*SEARCH v USING COVERING INDEX .*space=\?/);
  });
});
