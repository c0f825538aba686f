/**
 * One persona opened as the program opens it, but with an embedder that a test hands in.
 */
import { mkdirSync } from 'node:fs';
import { dataPaths, personaPaths } from '../../src/config/paths.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { createLogger, type Logger } from '../../src/core/logger.ts';
import type { Memory } from '../../src/core/memory.ts';
import { memoryKeyAt } from '../../src/core/memory-key.ts';
import type { Embedder } from '../../src/model/embedder.ts';
import { disabledReranker } from '../../src/model/models.ts';
import { createWorkspace, type Workspace, type WorkspaceDeps } from '../../src/persona/workspace.ts';
import { openMemoryStore } from '../../src/store/memory-store.ts';
import { openFlatIndex } from '../../src/vector/flat-index.ts';

export interface TestWorkspace extends Workspace {
  readonly warnings: readonly string[];
  /** Stores a text and waits until its vector is stored too. */
  add(content: string): Promise<Memory>;
  /** Keys of the nearest memories to a text, best first. */
  nearest(text: string, limit?: number): Promise<string[]>;
}

export interface TestWorkspaceDeps {
  readonly dataFolder: string;
  readonly embedder: Embedder;
  /** The models of older spaces; none unless a test has them. */
  readonly embedderFor?: (spaceId: string) => Embedder | undefined;
  readonly process?: string;
  readonly clock?: Clock;
  /** The flat index unless a test has another. */
  readonly index?: Pick<WorkspaceDeps, 'openIndex' | 'indexServer' | 'openStandIn'>;
}

export async function openTestWorkspace({
  dataFolder,
  embedder,
  embedderFor = () => undefined,
  process = 'test',
  clock = systemClock,
  index,
}: TestWorkspaceDeps): Promise<TestWorkspace> {
  const warnings: string[] = [];
  const logger: Logger = createLogger({ level: () => 'warn', write: (line) => warnings.push(line) });
  const paths = personaPaths(dataPaths(dataFolder), 'default');
  mkdirSync(paths.folder, { recursive: true });
  const store = await openMemoryStore({ path: paths.database, persona: 'default', busyTimeout: 1_000 });
  const workspace = createWorkspace({
    persona: 'default',
    paths,
    exists: true,
    store,
    models: {
      embedder,
      reranker: disabledReranker,
      embedderFor,
      inference: () => ({ process: 'own' }),
      warm: () => {},
    },
    ...(index ?? { openIndex: (space, snapshot) => openFlatIndex({ space, snapshot, logger }) }),
    room: { with: (_, work) => work(), keepReserve: async () => {} },
    snapshotRule: () => ({ mode: 'idle', idle_seconds: 0, min_interval: 0 }),
    clock,
    logger,
    process,
  });
  return {
    ...workspace,
    warnings,
    async add(content) {
      const now = clock.now();
      const { memory } = await store.memories.create({
        content,
        tags: [],
        importance: 0.5,
        source: 'test',
        created_at: now.toISOString(),
        key: memoryKeyAt(now, 'UTC'),
      });
      await workspace.embeddingScheduler.embed(memory);
      return memory;
    },
    async nearest(text, limit = 5) {
      const index = await workspace.indexSync.upToDate();
      const ranked = (await index?.nearest(await embedder.embedQuery(text), limit)) ?? [];
      const owners = store.vectors.owners(ranked.map(({ id }) => id));
      const memories = store.memories.byIds([...owners.values()]);
      return ranked.flatMap(({ id }) => memories.get(owners.get(id) ?? -1)?.key ?? []);
    },
  };
}
