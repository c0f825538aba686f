/**
 * What the built server reads from the head of a request: where a page comes from, which hop sent it, whose persona.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { spawnHttpServer } from '../support/http-server.ts';

it.each(['cross-site', 'same-site'])('a page that is %s may load nothing', async (site) => {
  const server = await spawnHttpServer();
  const reply = await server.request('/api/memory_list', { headers: { 'sec-fetch-site': site } });
  expect(reply.status).toBe(403);
});

it('behind a proxy the last hop of X-Forwarded-For counts', async () => {
  const server = await spawnHttpServer();
  await server.api('memory_list', {}, { 'x-forwarded-for': '203.0.113.66, 192.0.2.7' });
  await server.kill();
  const log = readFileSync(join(server.dataDir, 'logs', 'memory_operations.log'), 'utf8');
  expect(log).toContain('"address":"192.0.2.7"');
  expect(log).not.toContain('203.0.113.66');
});

it('a percent-encoded persona is decoded once', async () => {
  const server = await spawnHttpServer();
  const reply = await server.request('/api/get_context', { headers: { 'x-persona': '%2541' } });
  expect(reply.text).toContain('%41');
  expect(reply.text).not.toContain('"persona":"A"');
});
