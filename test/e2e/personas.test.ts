/** `persona list | show | rename | copy | delete` of the built program, beside servers and killed processes. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeTestModel } from '../../scripts/test-model/test-models.ts';
import { openMemoryStore } from '../../src/store/memory-store.ts';
import { spawnHttpServer } from '../support/http-server.ts';
import { killRuns, killsOf } from '../support/kills.ts';
import { askQdrant, countPoints } from '../support/qdrant-requests.ts';
import { missingQdrantEngine, startQdrantServer } from '../support/qdrant-server.ts';
import { runCommand } from '../support/run-command.ts';
import { spawnServer } from '../support/server.ts';
import { live, testFolder } from '../support/stores.ts';
import { until } from '../support/until.ts';

/** MEMORY_MCP_TEST_KILLS=50 for a longer run. */
const { kills, timeout } = killsOf(6);

async function fill(dataDir: string, persona: string, contents: readonly string[]): Promise<void> {
  const server = await spawnServer({ dataDir, args: ['--persona', persona] });
  for (const content of contents) await server.create(content);
  await server.close();
}

async function contentsOf(dataDir: string, persona: string): Promise<string[]> {
  const path = join(dataDir, 'memory', persona, 'memory.sqlite');
  const store = await openMemoryStore({ path, persona, busyTimeout: 5_000 });
  const memories = store.memories.list({ filter: live, order: 'oldest', limit: 1_000 });
  await store.close();
  return memories.map(({ content }) => content);
}

async function run(dataDir: string, ...args: string[]) {
  return runCommand(['persona', ...args], { dataDir });
}

const namesIn = (dataDir: string) => readdirSync(join(dataDir, 'memory')).toSorted();

describe('personas on the command line', () => {
  it('are listed with their size and last use', async () => {
    const dataDir = testFolder();
    await fill(dataDir, '葵', ['苺のアレルギーがある', '桃は平気']);
    await fill(dataDir, 'nilou', ['The meeting moved to Thursday']);
    const { personas } = JSON.parse((await run(dataDir, 'list', '--json')).out);
    expect(personas).toMatchObject([
      { name: 'nilou', memories: 1, last_used: expect.stringMatching(/^20/) },
      { name: '葵', memories: 2 },
    ]);
    expect((await run(dataDir, 'show', '葵')).out).toMatch(/^葵: 2 memories, 0\.\d MB, last used 20/);
    const unknown = await run(dataDir, 'show', 'nobody');
    expect([unknown.code === 0, unknown.err]).toEqual([false, expect.stringContaining('There are: nilou, 葵.')]);
  });

  it('are renamed, and keep everything', async () => {
    const dataDir = testFolder();
    await fill(dataDir, 'nilou', ['苺のアレルギーがある']);
    expect(await run(dataDir, 'rename', 'nilou', 'dancer')).toMatchObject({ code: 0 });
    expect(namesIn(dataDir)).toEqual(['dancer']);
    expect(await contentsOf(dataDir, 'dancer')).toEqual(['苺のアレルギーがある']);
  });

  it('are not renamed over another one, nor into a name that is not allowed', async () => {
    const dataDir = testFolder();
    await fill(dataDir, 'nilou', ['one']);
    await fill(dataDir, 'Dancer', ['two']);
    expect((await run(dataDir, 'rename', 'nilou', 'dancer')).err).toContain('already a persona "Dancer"');
    expect((await run(dataDir, 'rename', 'nilou', '../out')).err).toContain('is not allowed');
    expect(namesIn(dataDir)).toEqual(['Dancer', 'nilou']);
  });

  it('are copied while a server writes, and go their own ways afterwards', async () => {
    const dataDir = testFolder();
    const server = await spawnServer({ dataDir });
    await server.create('before the copy');
    expect(await run(dataDir, 'copy', 'default', 'copied')).toMatchObject({ code: 0 });
    await server.create('after the copy');
    expect(await contentsOf(dataDir, 'copied')).toEqual(['before the copy']);
    const id = async (persona: string) => {
      const path = join(dataDir, 'memory', persona, 'memory.sqlite');
      const store = await openMemoryStore({ path, persona, busyTimeout: 5_000 });
      const { storeId } = store.identity();
      await store.close();
      return storeId;
    };
    expect(await id('copied')).not.toBe(await id('default'));
  });

  it('are deleted when their name is given once more, and a backup is left', async () => {
    const dataDir = testFolder();
    await fill(dataDir, 'nilou', ['苺のアレルギーがある']);
    for (const args of [[], ['--yes', 'nilo']]) {
      expect((await run(dataDir, 'delete', 'nilou', ...args)).err).toContain('nothing was deleted');
    }
    const { out, code } = await run(dataDir, 'delete', 'nilou', '--yes', 'nilou', '--json');
    expect(code).toBe(0);
    expect(namesIn(dataDir)).toEqual([]);
    const { archive } = JSON.parse(out);
    expect((await runCommand(['restore', archive], { dataDir })).code).toBe(0);
    expect(await contentsOf(dataDir, 'nilou')).toEqual(['苺のアレルギーがある']);
  });

  it('are neither renamed nor deleted while a server has them open', async () => {
    const dataDir = testFolder();
    const server = await spawnServer({ dataDir });
    await server.create('苺のアレルギーがある');
    for (const args of [
      ['rename', 'default', 'other'],
      ['delete', 'default', '--yes', 'default'],
    ]) {
      const { err, code } = await run(dataDir, ...args);
      expect([code === 0, err]).toEqual([false, expect.stringContaining('is open in another program')]);
    }
    expect(namesIn(dataDir)).toEqual(['default']);
    expect(existsSync(join(dataDir, 'backups'))).toBe(false);
    expect((await server.search('苺')).results).toHaveLength(1);
  });

  it('that settings name are pointed out after they were renamed', async () => {
    const dataDir = testFolder();
    await fill(dataDir, 'nilou', ['one']);
    const env = { MEMORY_MCP_AUTH_TOKENS: JSON.stringify([{ token: 'x'.repeat(20), personas: ['nilou'] }]) };
    const { err } = await runCommand(['persona', 'rename', 'nilou', 'dancer'], { dataDir, env });
    expect(err).toContain('Still named "nilou" in: auth_tokens (MEMORY_MCP_AUTH_TOKENS)');
  });
});

describe.skipIf(process.platform === 'win32')('a command that is killed', () => {
  const doomed = ['rename', 'delete'] as const;
  it.each(doomed)('in the middle of a %s leaves all of the persona or nothing', { timeout }, async (command) => {
    const dataDir = testFolder();
    await fill(
      dataDir,
      'origin',
      Array.from({ length: 20 }, (_, index) => `memory ${index}`),
    );
    const whole = await contentsOf(dataDir, 'origin');
    const nameOf = (round: number) => `persona${round < 0 ? '-whole' : round}x`;
    const argsFor = (name: string) => [
      'persona',
      command,
      name,
      ...(command === 'rename' ? [`${name}-new`] : ['--yes', name]),
    ];
    const prepare = async (round: number) => {
      await run(dataDir, 'copy', 'origin', nameOf(round));
      return argsFor(nameOf(round));
    };
    const check = async (round: number) => {
      const left = namesIn(dataDir).filter((found) => found.startsWith(nameOf(round)));
      expect(left.length).toBeLessThanOrEqual(1);
      if (command === 'rename') expect(left).toHaveLength(1);
      for (const found of left) {
        expect(await contentsOf(dataDir, found)).toEqual(whole);
        await run(dataDir, 'delete', found, '--yes', found, '--no-backup');
      }
    };
    await killRuns({ dataDir, kills, whole: await prepare(-1), command: prepare, check });
    await check(-1);
    expect(namesIn(dataDir)).toEqual(['origin']);
    // What the last one may have left goes with the next deletion.
    await run(dataDir, 'copy', 'origin', 'last');
    await run(dataDir, 'delete', 'last', '--yes', 'last', '--no-backup');
    expect(readdirSync(dataDir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('personas over HTTP', () => {
  it.skipIf(process.platform !== 'linux')('are listed without dropping the locks of those that are open', async () => {
    const server = await spawnHttpServer();
    await server.api('memory_create', { content: '苺のアレルギーがある' });
    const { ino } = statSync(join(server.dataDir, 'memory', 'default', 'memory.sqlite'));
    const locks = () =>
      readFileSync('/proc/locks', 'utf8')
        .split('\n')
        .filter((line) => line.includes(`:${ino} `) && line.includes(` ${server.pid} `));
    const before = locks();
    expect(before.length).toBeGreaterThan(0);
    expect((await server.request('/api/personas')).status).toBe(200);
    expect(locks()).toEqual(before);
  });

  it('are listed for a token that opens them, and for no other', async () => {
    const all = 'a'.repeat(24);
    const some = 'b'.repeat(24);
    const tokens = [
      { token: all, personas: '*' },
      { token: some, personas: ['nilou', 'nobody'] },
    ];
    const server = await spawnHttpServer({ tokens });
    for (const persona of ['nilou', 'secret']) {
      const headers = { authorization: `Bearer ${all}`, 'x-persona': persona };
      await server.api('memory_create', { content: `of ${persona}` }, headers);
    }
    const list = async (token: string) => {
      const reply = await server.request('/api/personas', { headers: { authorization: `Bearer ${token}` } });
      return { status: reply.status, ...Object(reply.json().result) };
    };
    expect(await list(all)).toMatchObject({
      status: 200,
      personas: [{ name: 'nilou', memories: 1 }, { name: 'secret' }],
    });
    expect((await list(some)).personas).toMatchObject([{ name: 'nilou' }]);
    expect(await list('c'.repeat(24))).toEqual({ status: 401 });
  });
});

const skip = missingQdrantEngine();

describe.skipIf(skip !== undefined)(
  `the collection of a persona${skip === undefined ? '' : ` (skipped: ${skip})`}`,
  () => {
    const settings = (url: string) => ({
      MEMORY_MCP_STORAGE_BACKEND: 'qdrant',
      MEMORY_MCP_QDRANT_URL: url,
      MEMORY_MCP_EMBEDDINGS_MODEL: writeTestModel('tiny-embed'),
    });

    it('goes with the name of its persona, and with the persona', async () => {
      const qdrant = await startQdrantServer();
      onTestFinished(() => qdrant.stop());
      const env = settings(qdrant.url);
      const dataDir = testFolder();
      const use = async (persona: string, content: string) => {
        const server = await spawnServer({ dataDir, env, args: ['--persona', persona] });
        await server.create(content);
        await until(async () => {
          await server.search(content, { mode: 'semantic' });
          return (await countPoints(qdrant.url, `memory_${persona}`).catch(() => 0)) > 1;
        }, 'its collection is filled');
        await server.close();
      };
      const collections = async (): Promise<string[]> =>
        Object(await askQdrant(qdrant.url, 'GET', '/collections')).collections.map(
          ({ name }: { name: string }) => name,
        );

      await use('nilou', '苺のアレルギーがある');
      await runCommand(['persona', 'rename', 'nilou', 'dancer'], { dataDir, env });
      expect(await collections()).toEqual([]);
      await use('dancer', '桃は平気');
      expect(await countPoints(qdrant.url, 'memory_dancer')).toBe(3);
      await runCommand(['persona', 'delete', 'dancer', '--yes', 'dancer'], { dataDir, env });
      expect(await collections()).toEqual([]);
    });

    it('is left alone where it is of another store', async () => {
      const qdrant = await startQdrantServer();
      onTestFinished(() => qdrant.stop());
      const env = settings(qdrant.url);
      const dataDir = testFolder();
      await fill(dataDir, 'nilou', ['one']);
      await askQdrant(qdrant.url, 'PUT', '/collections/memory_nilou', { vectors: { size: 4, distance: 'Cosine' } });
      const { err, code } = await runCommand(['persona', 'delete', 'nilou', '--yes', 'nilou'], { dataDir, env });
      expect([code, err]).toEqual([0, expect.stringContaining('is still there: it belongs to another store')]);
      expect(Object(await askQdrant(qdrant.url, 'GET', '/collections')).collections).toHaveLength(1);
    });
  },
);
