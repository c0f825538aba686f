/**
 * What a search says while it cannot look by meaning: never that nothing is stored, and always the true reason.
 */
import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { childProcesses } from '../support/inference.ts';
import { folderOfTest, heldWhile, tinyModels, untilEmbedded } from '../support/model-servers.ts';
import { spawnServer, type TestServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const alone = { MEMORY_MCP_RERANKER_MODEL: 'none', MEMORY_MCP_INFERENCE: 'own' };

/** A question in the language of the memories that shares no word with them. */
async function askForAnother(server: TestServer) {
  return (await server.call('memory_search', { query: 'quantum physics' })).structured;
}

it('is weak while the model is being loaded, and says so', async () => {
  const held = join(folderOfTest(), 'held');
  writeFileSync(held, '');
  const server = await spawnServer({ env: { ...tinyModels(alone), ...heldWhile(held) } });
  await server.create('I am allergic to strawberries');
  expect(await askForAnother(server)).toMatchObject({
    results: [],
    strength: 'weak',
    mode: 'keyword',
    degraded_reason: expect.stringMatching(/is being loaded|did not answer within/),
  });
  rmSync(held);
});

it('is weak when the model has gone idle, and says that it is being loaded', async () => {
  const held = join(folderOfTest(), 'held');
  const env = { ...tinyModels(alone), ...heldWhile(held), MEMORY_MCP_MODEL_IDLE_MINUTES: '0.01' };
  const server = await spawnServer({ env });
  await server.create('I am allergic to strawberries');
  await untilEmbedded(server);
  await until(() => childProcesses(server.pid).length === 0, 'the idle server holds no model');
  writeFileSync(held, '');
  expect(await askForAnother(server)).toMatchObject({
    results: [],
    strength: 'weak',
    degraded_reason: expect.stringMatching(/is being loaded/),
  });
  rmSync(held);
});

it('is weak when the model has failed, and says why', async () => {
  const models = tinyModels(alone);
  const broken = join(folderOfTest(), 'broken');
  cpSync(models.MEMORY_MCP_EMBEDDINGS_MODEL ?? '', broken, { recursive: true });
  for (const graph of readdirSync(join(broken, 'onnx'))) writeFileSync(join(broken, 'onnx', graph), 'this is no graph');
  const server = await spawnServer({ env: { ...models, MEMORY_MCP_EMBEDDINGS_MODEL: broken } });
  await server.create('I am allergic to strawberries');
  const reply = await askForAnother(server);
  expect(reply).toMatchObject({ results: [], strength: 'weak', mode: 'keyword' });
  expect(reply.degraded_reason).toMatch(/cannot be used|no graph|failed/i);
  expect(reply.degraded_reason).not.toMatch(/is ready/);
});

it('is weak where the model is not there, and none where there are no memories', async () => {
  const env = { ...alone, MEMORY_MCP_EMBEDDINGS_MODEL: join(folderOfTest(), 'absent') };
  const server = await spawnServer({ env });
  expect(await askForAnother(server)).toMatchObject({ results: [], strength: 'none' });
  await server.create('I am allergic to strawberries');
  expect(await askForAnother(server)).toMatchObject({
    strength: 'weak',
    degraded_reason: expect.stringContaining('does not contain a model'),
  });
  const hidden = await server.call('memory_search', { query: 'quantum physics', tags: ['other'] });
  expect(hidden.structured).toMatchObject({ results: [], strength: 'none' });
});
