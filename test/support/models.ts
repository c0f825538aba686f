/**
 * Models opened as a server opens them, over folders of a test, with a clock that the test can push forward.
 */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeTestModel } from '../../scripts/test-model/test-models.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { type Logger, silentLogger } from '../../src/core/logger.ts';
import type { ModelStatus } from '../../src/model/embedder.ts';
import type { EmbeddingSettings, HubSettings, ModelSettings } from '../../src/model/model-settings.ts';
import { type Models, type ModelsDeps, openModels } from '../../src/model/models.ts';
import { temporaryFolder } from './inference.ts';

export const hubOffline: HubSettings = {
  endpoint: 'http://127.0.0.1:9',
  token: undefined,
  offline: false,
  proxy: undefined,
  noProxy: [],
};

type Changes = Partial<Omit<ModelSettings, 'embeddings' | 'hub'>> & {
  embeddings?: Partial<EmbeddingSettings>;
  hub?: Partial<HubSettings>;
};

/** No model at all, nothing fetched, everything below one new folder. */
export function modelSettingsFor({ embeddings, hub, ...changes }: Changes = {}): ModelSettings {
  const data = temporaryFolder();
  return {
    embeddings: {
      model: 'none',
      device: 'cpu',
      dtype: 'q8',
      threads: 1,
      queryPrefix: undefined,
      documentPrefix: undefined,
      pooling: undefined,
      dimensions: undefined,
      ...embeddings,
    },
    reranker: 'none',
    downloadMissing: false,
    idleMinutes: 5,
    folder: join(data, 'huggingface'),
    spaceCacheFile: join(data, 'vector-spaces.json'),
    sharing: undefined,
    hub: { ...hubOffline, ...hub },
    ...changes,
  };
}

export interface OpenedModels extends Models {
  /** Lets time pass: files are looked at again, failures may be tried again. */
  pass(milliseconds: number): void;
}

export function openTestModels(
  settings: ModelSettings,
  parts: Partial<Omit<ModelsDeps, 'settings'>> = {},
): OpenedModels {
  let passed = 0;
  const clock: Clock = { now: systemClock.now, monotonic: () => systemClock.monotonic() + passed };
  const models = openModels({ settings, clock, logger: silentLogger, ...parts });
  return {
    ...models,
    pass: (milliseconds) => {
      passed += milliseconds;
    },
  };
}

/** A copy of a tiny model that a test may spoil. `files` are written over it. */
export function copyOfTestModel(
  model: 'tiny-embed' | 'tiny-rerank',
  files: Readonly<Record<string, object | string>> = {},
  folder = join(temporaryFolder(), model),
): string {
  cpSync(writeTestModel(model), folder, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

/** Resolves with the first status that is none of `passing`. */
export async function settledStatus(
  of: { status(): ModelStatus },
  passing: readonly string[] = ['loading', 'downloading'],
): Promise<ModelStatus> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const status = of.status();
    if (!passing.includes(status.state)) return status;
    if (performance.now() > deadline) throw new Error(`still ${status.state} after twenty seconds`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Collects the messages of the levels that people see. */
export function collectingLogger(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const note = (message: string) => lines.push(message);
  return { logger: { debug: () => {}, info: note, warn: note, error: note }, lines };
}
