/**
 * A process that serves the fixtures through the product's HTTP application: the same guard, routes, body reader and
 * socket as `serve --http`, with another server object behind them. It says where it listens as `serve --http` does.
 */
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { createAuthenticator } from '../../src/transport/http/access/auth.ts';
import { createHostList } from '../../src/transport/http/access/host-list.ts';
import { createRateLimit } from '../../src/transport/http/access/rate-limit.ts';
import { createHttpApp } from '../../src/transport/http/app.ts';
import { createMetrics } from '../../src/transport/http/metrics.ts';
import { serveHttp } from '../../src/transport/http/server.ts';
import { createFixtureServer } from './fixtures.ts';

const clock = systemClock;
const logger = silentLogger;
const host = '127.0.0.1';
const app = createHttpApp({
  tools: [],
  operations: [],
  createServer: createFixtureServer,
  folders: {},
  openScope: () => () => Promise.reject(new Error('the fixtures have no memories')),
  listPersonas: async () => [],
  health: async () => ({ status: 'ok', checks: { database: 'ok', recall: 'ok' } }),
  hosts: createHostList({ boundHost: host, allowedHosts: [], allowedOrigins: [] }),
  authenticator: createAuthenticator({
    tokens: [],
    defaultPersona: 'default',
    readOnly: false,
    folderOf: () => undefined,
    clock,
  }),
  requestLimit: createRateLimit({ perSecond: () => 0, clock }),
  metrics: createMetrics(),
  log: { record: () => {} },
  version: '1.0.0',
  clock,
  logger,
});
const server = await serveHttp({ app, host, port: 0, clock, logger });
process.stderr.write(`listening on http://${host}:${server.port}/mcp\n`);
process.once('SIGTERM', () => void server.close());
