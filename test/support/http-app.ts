/**
 * The HTTP application over a real data folder, without a socket: for tests that ask which routes and tools there are,
 * and try each of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openApp } from '../../src/app.ts';
import { assembleHttpApp } from '../../src/command/assemble-http-app.ts';
import { loadConfiguration } from '../../src/config/load.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type LogLevel, silentLogger } from '../../src/core/logger.ts';
import type { ToolSet } from '../../src/operation/index.ts';
import type { CallEntry, RefusalEntry } from '../../src/transport/call-log.ts';
import type { HttpApp } from '../../src/transport/http/app.ts';
import type { Metrics } from '../../src/transport/http/metrics.ts';

export interface AppOptions {
  readonly tokens?: readonly object[];
  readonly tools?: ToolSet;
  readonly ratePerSecond?: () => number;
  readonly allowedOrigins?: readonly string[];
  /** Asked for each request, as the file of a running server is. */
  readonly logLevel?: () => LogLevel;
}

export interface TestApp extends HttpApp {
  readonly dataDir: string;
  readonly metrics: Metrics;
  readonly log: readonly (CallEntry | RefusalEntry)[];
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

export async function openTestApp(options: AppOptions = {}): Promise<TestApp> {
  const dataDir = mkdtempSync(join(tmpdir(), 'memory-mcp-http-'));
  const { tools = 'full', logLevel = () => 'info' } = options;
  const loaded = await loadConfiguration({
    environment: {
      MEMORY_MCP_DATA_DIR: dataDir,
      MEMORY_MCP_EMBEDDINGS_MODEL: 'none',
      MEMORY_MCP_RERANKER_MODEL: 'none',
      MEMORY_MCP_TOOLS: tools,
      MEMORY_MCP_ALLOWED_ORIGINS: (options.allowedOrigins ?? []).join(','),
      MEMORY_MCP_AUTH_TOKENS: JSON.stringify(options.tokens ?? []),
    },
    folders: { data: dataDir, config: join(dataDir, 'none'), cache: join(dataDir, 'none') },
    directory: dataDir,
  });
  const app = openApp({ loaded, logger: silentLogger, kind: 'server' });
  const log: (CallEntry | RefusalEntry)[] = [];
  const { httpApp, metrics } = assembleHttpApp({
    app,
    paths: loaded.paths,
    current: () => ({
      ...loaded.configuration,
      rate_limit_per_second: options.ratePerSecond?.() ?? 0,
      log_level: logLevel(),
    }),
    accessToken: undefined,
    writeLog: (line) => log.push(JSON.parse(line)),
    version: '0.0.0',
    clock: systemClock,
    logger: silentLogger,
  });
  onTestFinished(async () => {
    await httpApp.drain(1_000);
    await app.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return {
    ...httpApp,
    dataDir,
    metrics,
    log,
    fetch: async (path, init = {}) => {
      const headers = new Headers(init.headers);
      if (!headers.has('host')) headers.set('host', '127.0.0.1:8000');
      return httpApp.hono.request(`http://127.0.0.1:8000${path}`, { ...init, headers });
    },
  };
}
