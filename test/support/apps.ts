/**
 * The program without a transport, for tests of what its verbs do: real parts on a data folder of the test's own, with
 * a clock that the test sets. Models are off.
 */
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openApp } from '../../src/app.ts';
import { loadConfiguration } from '../../src/config/load.ts';
import { createLogger } from '../../src/core/logger.ts';
import { operations } from '../../src/operation/index.ts';
import { invoke, type Result } from '../../src/operation/operation.ts';
import { type SettableClock, settableClock, testFolder } from './stores.ts';

export interface TestApp {
  readonly dataDir: string;
  readonly clock: SettableClock;
  /** What was logged at warning level or above. */
  readonly warnings: readonly string[];
  /** Runs an operation as its users do; `persona` is "default" unless given. */
  call(
    name: string,
    input?: object,
    options?: { persona?: string; readOnly?: boolean; source?: string },
  ): Promise<Result>;
  close(): Promise<void>;
}

export interface TestAppOptions {
  readonly dataDir?: string;
  readonly clock?: SettableClock;
  readonly environment?: Readonly<Record<string, string>>;
}

export async function openTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const { dataDir = join(testFolder(), 'data'), clock = settableClock(), environment = {} } = options;
  const loaded = await loadConfiguration({
    environment: {
      MEMORY_MCP_DATA_DIR: dataDir,
      MEMORY_MCP_EMBEDDINGS_MODEL: 'none',
      MEMORY_MCP_RERANKER_MODEL: 'none',
      MEMORY_MCP_TIMEZONE: 'Asia/Tokyo',
      ...environment,
    },
    folders: { data: dataDir, config: join(dataDir, 'no-config'), cache: join(dataDir, 'no-cache') },
    directory: dataDir,
  });
  const warnings: string[] = [];
  const logger = createLogger({ level: () => 'warn', write: (line) => void warnings.push(line) });
  const app = openApp({ loaded, logger, clock, kind: 'server' });
  onTestFinished(() => app.close());
  return {
    dataDir,
    clock,
    warnings,
    call(name, input = {}, { persona = 'default', readOnly = false, source = 'tests' } = {}) {
      const operation = operations.find((candidate) => candidate.name === name);
      if (operation === undefined) throw new Error(`There is no operation ${name}`);
      return invoke(operation, input, app.scopeFor(persona, { source, readOnly }));
    },
    close: () => app.close(),
  };
}
