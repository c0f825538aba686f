/** `doctor` of the built program: what it says of a damaged data folder, what it mends, and what it leaves alone. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { writeTestModel } from '../../scripts/test-model/test-models.ts';
import { openConnection } from '../../src/store/sqlite/connection.ts';
import { runCommand } from '../support/run-command.ts';
import { spawnServer } from '../support/server.ts';
import { testFolder } from '../support/stores.ts';

const report = z.object({
  problems: z.number(),
  findings: z.array(
    z.object({
      subject: z.string(),
      severity: z.enum(['ok', 'note', 'warning', 'error']),
      found: z.string(),
      fix: z.string().optional(),
      repaired: z.string().optional(),
    }),
  ),
});

type Environment = Readonly<Record<string, string>>;

async function examine(dataDir: string, { args = [], env = {} }: { args?: string[]; env?: Environment } = {}) {
  const { out, code } = await runCommand(['doctor', '--json', ...args], { dataDir, env });
  const { findings, problems } = report.parse(JSON.parse(out));
  expect(code).toBe(problems === 0 ? 0 : 1);
  const bad = findings.filter(({ severity }) => severity === 'warning' || severity === 'error');
  return { findings, bad, problems };
}

/** A private data folder with three memories that have vectors, and no server on it. */
async function filledFolder(): Promise<{ dataDir: string; database: string; index: string }> {
  const dataDir = testFolder();
  chmodSync(dataDir, 0o700);
  const env = { MEMORY_MCP_EMBEDDINGS_MODEL: writeTestModel('tiny-embed') };
  const server = await spawnServer({ dataDir, env });
  for (const content of ['苺のアレルギーがある', '京都で犬を飼い始めた', 'The meeting moved to Thursday']) {
    await server.create(content);
  }
  await server.search('苺', { mode: 'semantic' });
  await server.close();
  const folder = join(dataDir, 'memory', 'default');
  return { dataDir, database: join(folder, 'memory.sqlite'), index: join(folder, 'vector_store', 'index.faiss') };
}

describe('doctor', () => {
  it('finds nothing wrong with a sound data folder, and changes nothing in it', async () => {
    const { dataDir, database, index } = await filledFolder();
    const before = [database, index].map((file) => readFileSync(file));
    const { findings, bad } = await examine(dataDir);
    expect(bad).toEqual([]);
    expect(findings.filter(({ subject }) => subject === 'persona default').map(({ found }) => found)).toEqual([
      '3 memories; the database is intact',
      'index.faiss fits, with 3 vectors',
    ]);
    expect([database, index].map((file) => readFileSync(file))).toEqual(before);
  });

  it('says that a data folder is not there yet, and makes none', async () => {
    const dataDir = join(testFolder(), 'new');
    const { bad, findings } = await examine(dataDir);
    expect(bad).toEqual([]);
    expect(findings).toContainEqual(expect.objectContaining({ subject: 'data folder', severity: 'note' }));
    expect(existsSync(dataDir)).toBe(false);
  });

  it('removes an index.faiss that cannot be used, and only with --fix', async () => {
    const { dataDir, index } = await filledFolder();
    truncateSync(index, 40);
    expect((await examine(dataDir)).bad).toMatchObject([
      { subject: 'persona default', severity: 'warning', found: expect.stringContaining('index.faiss cannot be used') },
    ]);
    expect(statSync(index).size).toBe(40);
    expect((await examine(dataDir, { args: ['--fix'] })).bad).toMatchObject([
      { repaired: expect.stringContaining('removed') },
    ]);
    expect(existsSync(index)).toBe(false);
    expect((await examine(dataDir)).bad).toEqual([]);
  });

  it('builds a full text that lacks a memory again, after a copy of the database', async () => {
    const { dataDir, database } = await filledFolder();
    const connection = await openConnection({ path: database, busyTimeout: 1_000 });
    connection.execute('DELETE FROM memory_text WHERE rowid = 1');
    connection.close();
    const { bad } = await examine(dataDir);
    expect(bad).toMatchObject([{ severity: 'error', found: expect.stringContaining('the full text lacks 1 memory') }]);
    expect(existsSync(join(dataDir, 'backups'))).toBe(false);

    const mended = await examine(dataDir, { args: ['--fix'] });
    expect(mended.problems).toBe(0);
    expect(mended.bad).toMatchObject([{ repaired: expect.stringContaining('built again') }]);
    expect(readdirSync(join(dataDir, 'backups'))).toHaveLength(1);
    expect((await examine(dataDir)).bad).toEqual([]);
    const server = await spawnServer({ dataDir });
    expect((await server.search('苺')).results).toHaveLength(1);
  });

  it('reports damaged memories and touches them neither way', async () => {
    const { dataDir, database } = await filledFolder();
    const bytes = readFileSync(database);
    // Every page but the first, with the schema.
    bytes.fill(0xa5, 4096 * 2);
    writeFileSync(database, bytes);
    const { bad } = await examine(dataDir, { args: ['--fix'] });
    expect(bad).toMatchObject([
      { subject: 'persona default', severity: 'error', fix: expect.stringContaining('memory-mcp restore') },
    ]);
    expect(bad[0]).not.toHaveProperty('repaired');
    expect(readFileSync(database)).toEqual(bytes);
  });

  it('leaves a database of another program alone', async () => {
    const { dataDir } = await filledFolder();
    const folder = join(dataDir, 'memory', 'foreign');
    mkdirSync(folder);
    writeFileSync(join(folder, 'memory.sqlite'), 'the file of another program');
    expect((await examine(dataDir, { args: ['--fix'] })).bad).toMatchObject([
      { subject: 'persona foreign', found: expect.stringContaining('was not created by memory-mcp') },
    ]);
    expect(readFileSync(join(folder, 'memory.sqlite'), 'utf8')).toBe('the file of another program');
  });

  it.skipIf(process.platform === 'win32')('makes a data folder private that others can enter', async () => {
    const { dataDir } = await filledFolder();
    chmodSync(dataDir, 0o755);
    expect((await examine(dataDir)).bad).toMatchObject([{ found: expect.stringContaining('mode 755') }]);
    expect((await examine(dataDir, { args: ['--fix'] })).problems).toBe(0);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  });

  it('names a folder that a cloud synchronizes', async () => {
    const dataDir = join(testFolder(), 'OneDrive - Home', 'memory');
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    expect((await examine(dataDir)).bad).toMatchObject([
      { found: expect.stringContaining('synchronized by OneDrive') },
    ]);
  });

  it('says where a setting comes from, and never what a secret is', async () => {
    const { dataDir } = await filledFolder();
    const env = { MEMORY_MCP_QDRANT_API_KEY: 'hunter2-hunter2', MEMORY_MCP_LOG_LEVEL: 'debug' };
    const { out } = await runCommand(['doctor', '--json'], { dataDir, env });
    expect(out).toContain('log_level = \\"debug\\", from MEMORY_MCP_LOG_LEVEL');
    expect(out).toContain('qdrant_api_key = a secret, from MEMORY_MCP_QDRANT_API_KEY');
    expect(out).not.toContain('hunter2');
  });

  it('says what is wrong with a configuration that nothing starts with', async () => {
    const { dataDir } = await filledFolder();
    writeFileSync(join(dataDir, 'config.json'), '{"server_port": "many"}');
    const { bad } = await examine(dataDir);
    expect(bad).toMatchObject([
      { subject: 'configuration', severity: 'error', found: expect.stringContaining('server_port') },
    ]);
  });

  it('names a Qdrant that does not answer, and a model that cannot be fetched', async () => {
    const { dataDir } = await filledFolder();
    const env = {
      MEMORY_MCP_STORAGE_BACKEND: 'qdrant',
      MEMORY_MCP_QDRANT_URL: 'http://127.0.0.1:9',
      MEMORY_MCP_EMBEDDINGS_MODEL: 'someone/some-model',
      MEMORY_MCP_MODEL_DOWNLOAD: 'never',
    };
    expect((await examine(dataDir, { env })).bad).toMatchObject([
      { subject: 'embedding model', found: expect.stringContaining('nothing may be downloaded') },
      { subject: 'vector server', found: expect.stringContaining('127.0.0.1:9') },
    ]);
  });

  it.skipIf(process.platform !== 'linux')('names the servers that have a persona open', async () => {
    const { dataDir } = await filledFolder();
    const server = await spawnServer({ dataDir });
    await server.list();
    const { findings, bad } = await examine(dataDir);
    expect(bad).toEqual([]);
    expect(findings).toContainEqual(expect.objectContaining({ found: expect.stringContaining(`(${server.pid})`) }));
  });

  it('prints a line a finding, and what to do', async () => {
    const { dataDir, index } = await filledFolder();
    truncateSync(index, 40);
    const { out, code } = await runCommand(['doctor'], { dataDir });
    expect(code).toBe(1);
    expect(out).toMatch(/^WARNING persona default: index\.faiss cannot be used/m);
    expect(out).toContain('Run memory-mcp doctor --fix');
    expect(out.trimEnd()).toMatch(/1 of these need attention\.$/);
  });
});

describe('paths', () => {
  it('prints where everything is and how to leave, and never the token', async () => {
    const { dataDir } = await filledFolder();
    writeFileSync(join(dataDir, 'access-token'), 'a-very-secret-token');
    const { out, code } = await runCommand(['paths'], { dataDir });
    expect(code).toBe(0);
    for (const name of ['memory', 'config.json', 'access-token', 'backups']) expect(out).toContain(join(dataDir, name));
    expect(out).toContain('To leave with everything');
    expect(out).not.toContain('a-very-secret-token');
    const { places } = JSON.parse((await runCommand(['paths', '--json'], { dataDir })).out);
    expect(places).toContainEqual(
      expect.objectContaining({ name: 'memories', path: join(dataDir, 'memory'), exists: true }),
    );
  });
});
