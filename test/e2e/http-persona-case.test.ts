/**
 * Tokens for personas whose names differ by case alone. Such names may mean one folder, so a token is checked against
 * the folder that would be opened.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type HttpTestServer, spawnHttpServer } from '../support/http-server.ts';
import { folderOfTest } from '../support/model-servers.ts';
import { runCommand } from '../support/run-command.ts';

const admin = { token: 'token-of-the-admin', personas: '*' };
const tokenFor = (name: string) => `token-of-${Buffer.from(name).toString('hex')}-0123456789`;
const holderOf = (name: string) => ({ token: tokenFor(name), personas: [name] });
const as = (token: string, persona?: string) => ({
  authorization: `Bearer ${token}`,
  ...(persona !== undefined && { 'x-persona': encodeURIComponent(persona) }),
});

/** Two names that only their case tells apart, by code points where they look alike. */
const pairs = [
  ['alice', 'Alice'],
  ['i\u0307', '\u0130'],
  ['k', '\u212a'],
  ['\u03c9', '\u2126'],
  ['stra\u00dfe', 'STRASSE'],
  ['\u03bf\u03b4\u03bf\u03c2', '\u039f\u0394\u039f\u03a3'],
] as const;

async function reply(server: HttpTestServer, operation: string, headers: Record<string, string>, body: object = {}) {
  const { status, text } = await server.request(`/api/${operation}`, { method: 'POST', body, headers });
  return { status, text };
}

const store = async (server: HttpTestServer, headers: Record<string, string>, content: string) =>
  expect(await reply(server, 'memory_create', headers, { content })).toMatchObject({ status: 200 });

/** Both folders at once need a file system that tells them apart. */
const tellsCaseApart = process.platform !== 'darwin' && process.platform !== 'win32';

describe('a token for a persona', () => {
  it.each(pairs)('does not open the folder %j where it was made for %j', async (there, name) => {
    const server = await spawnHttpServer({ tokens: [admin, holderOf(name)] });
    await store(server, as(admin.token, there), 'a secret of somebody else');
    for (const persona of [undefined, name, there]) {
      for (const [operation, body] of [
        ['memory_list', {}],
        ['memory_create', { content: 'x' }],
        ['get_context', {}],
      ] as const) {
        const answer = await reply(server, operation, as(tokenFor(name), persona), body);
        expect(answer).toMatchObject({ status: 403, text: expect.not.stringContaining('secret of') });
      }
    }
    const listed = await reply(server, 'memory_list', as(admin.token, there));
    expect(JSON.parse(listed.text)).toMatchObject({ result: { total: 1 } });
  });

  it('opens its folder for a request that writes the name in another case', async () => {
    const server = await spawnHttpServer({ tokens: [holderOf('alice')] });
    expect(await reply(server, 'memory_list', as(tokenFor('alice'), 'ALICE'))).toMatchObject({ status: 403 });
    await store(server, as(tokenFor('alice')), 'mine');
    const listed = await reply(server, 'memory_list', as(tokenFor('alice'), 'ALICE'));
    expect(JSON.parse(listed.text)).toMatchObject({ result: { total: 1 } });
  });

  it('with a differently spelled folder is named at the start', async () => {
    const dataDir = join(folderOfTest(), 'data');
    mkdirSync(join(dataDir, 'memory', 'alice'), { recursive: true });
    const server = await spawnHttpServer({ dataDir, tokens: [holderOf('Alice')] });
    expect(server.stderr()).toMatch(/"Alice" opens nothing, since the folder of this persona is called "alice"/);
  });
});

describe('tokens for personas that case alone tells apart', () => {
  it.each(pairs)('are refused at the start: %j and %j', async (one, other) => {
    const env = { MEMORY_MCP_AUTH_TOKENS: JSON.stringify([holderOf(one), holderOf(other)]) };
    const { code, err } = await runCommand(['serve', '--http', '--port', '0'], { env, limit: 5_000 });
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringMatching(/auth_tokens names the personas ".*" and ".*", which differ by case alone/),
    });
  });

  it.runIf(tellsCaseApart)('are refused where one of two has a folder', async () => {
    const dataDir = join(folderOfTest(), 'data');
    mkdirSync(join(dataDir, 'memory', 'alice'), { recursive: true });
    const env = { MEMORY_MCP_AUTH_TOKENS: JSON.stringify([holderOf('alice'), holderOf('Alice')]) };
    expect(await runCommand(['serve', '--http', '--port', '0'], { dataDir, env, limit: 5_000 })).toMatchObject({
      code: 2,
    });
  });

  it.runIf(tellsCaseApart)('open a folder each where there are two, and never the other one', async () => {
    const dataDir = join(folderOfTest(), 'data');
    for (const name of ['alice', 'Alice']) mkdirSync(join(dataDir, 'memory', name), { recursive: true });
    const server = await spawnHttpServer({ dataDir, tokens: [holderOf('alice'), holderOf('Alice')] });
    await store(server, as(tokenFor('alice')), 'small');
    await store(server, as(tokenFor('Alice')), 'capital');
    expect((await reply(server, 'memory_list', as(tokenFor('alice')))).text).toContain('small');
    expect((await reply(server, 'memory_list', as(tokenFor('Alice')))).text).toContain('capital');
    expect(await reply(server, 'memory_list', as(tokenFor('Alice'), 'alice'))).toMatchObject({ status: 403 });
    // Near to both, called like neither: which folders there are is not told.
    const unclear = await reply(server, 'memory_list', as(tokenFor('Alice'), 'ALICE'));
    expect(unclear).toMatchObject({ status: 403, text: expect.not.stringContaining('"alice"') });
    await server.kill();

    // A folder that is gone later does not turn its name into the other one's.
    const later = await spawnHttpServer({ dataDir, tokens: [holderOf('alice'), holderOf('Alice')] });
    rmSync(join(dataDir, 'memory', 'Alice'), { recursive: true });
    const { status, text } = await reply(later, 'memory_list', as(tokenFor('Alice')));
    expect({ status, text }).toEqual({ status: 403, text: expect.not.stringContaining('small') });
  });
});
