/**
 * A persona whose memories have vectors, and the scope that the services are given for it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { Scope } from '../../src/persona/scope.ts';
import { createHashEmbedder } from './hash-embedder.ts';
import { openTestWorkspace, type TestWorkspace } from './workspace.ts';

/** A persona of its own and what a search of it is given. */
export async function searchable(): Promise<{ workspace: TestWorkspace; scope: Scope }> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'memory-mcp-ranked-'));
  onTestFinished(() => rmSync(dataFolder, { recursive: true, force: true }));
  const embedder = createHashEmbedder({ name: 'hash' });
  const workspace = await openTestWorkspace({ dataFolder, embedder });
  onTestFinished(() => workspace.close());
  const scope = {
    workspace,
    settings: { timezone: 'UTC', reranker_top_n: 5, rerank_candidates: 5, recent_memories_count: 5 },
    backups: dataFolder,
    openServerPlace: () => {
      throw new Error('this test has no server');
    },
    caller: { source: 'test', readOnly: true },
    clock: systemClock,
    logger: silentLogger,
  };
  return { workspace, scope };
}
