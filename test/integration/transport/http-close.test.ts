/** What the HTTP server owes to those whose calls are running when it closes. */
import { once } from 'node:events';
import { type IncomingMessage, request as openRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { serveHttp } from '../../../src/transport/http/server.ts';
import { shutdownLimits } from '../../../src/transport/shutdown.ts';
import { openTestApp } from '../../support/http-app.ts';

it('a call that is running when the server closes is answered, however long connections are kept for replies', async () => {
  const app = await openTestApp();
  const server = await serveHttp({
    // A time that no busy machine exceeds: what is shown is that running calls are waited for.
    app: { ...app, drain: () => app.drain(60_000) },
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    logger: silentLogger,
  });
  const body = JSON.stringify({ content: '苺が好き' });
  const request = openRequest({
    port: server.port,
    path: '/api/memory_create',
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), expect: '100-continue' },
  });
  request.flushHeaders();
  await once(request, 'continue');
  const closing = server.close();
  // Longer than connections are kept for replies that are on their way.
  await delay(2 * shutdownLimits.httpConnections);
  request.end(body);
  const [response]: IncomingMessage[] = await once(request, 'response');
  expect(response?.statusCode).toBe(200);
  response?.resume();
  await closing;
});
