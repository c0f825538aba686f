/**
 * A named pipe, a device or a folder where a file should be, and a place where no folder can be made: each is one
 * sentence at once, never a program that waits for ever.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { spawnHttpServer } from '../support/http-server.ts';
import { folderOfTest } from '../support/model-servers.ts';
import { type CommandOptions, runCommand } from '../support/run-command.ts';
import { spawnServer } from '../support/server.ts';

const limit = 8_000;
const run = (args: readonly string[], options: CommandOptions = {}) => runCommand(args, { limit, ...options });

function makePipe(path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  execFileSync('mkfifo', [path]);
  return path;
}

/** A data folder in which some of the files of the persona are pipes. */
function dataWithPipes(...names: string[]): string {
  const dataDir = join(folderOfTest(), 'data');
  for (const name of names) makePipe(join(dataDir, name));
  return dataDir;
}

const ofDefault = (name: string) => join('memory', 'default', name);
const list = ['call', 'memory_list'];
const create = ['call', 'memory_create', '{"content":"one"}'];
const changeContext = ['call', 'update_context', '{"emotion":"joy"}'];
const serveHttp = ['serve', '--http', '--port', '0'];

/** One sentence of the program and perhaps a hint, and no trace of its code. */
function expectRefusal({ code, err }: { code: number | null; err: string }, ...named: (string | RegExp)[]): void {
  expect(code, err).toBeGreaterThan(0);
  for (const words of named) expect(err).toMatch(words);
  expect(err.split('\n').filter((line) => /^memory-mcp: /.test(line))).toHaveLength(1);
  expect(err).not.toMatch(/\.ts:\d+|node:internal|at \w+ \(/);
}

describe.skipIf(process.platform === 'win32')('a named pipe in the place of', () => {
  it.each([
    ['memory.sqlite', list],
    ['memory.sqlite', create],
    ['persona_context.json', changeContext],
  ])('%s is named: %j', async (name, args) => {
    const dataDir = dataWithPipes(ofDefault(name));
    expectRefusal(await run(args, { dataDir }), ofDefault(name), 'it is a named pipe, not a file');
    expect(readdirSync(join(dataDir, 'memory', 'default'))).toContain(name);
  });

  it('files of one persona stops neither the server nor another persona', async () => {
    const dataDir = dataWithPipes(ofDefault('memory.sqlite'), 'memory/aoi/persona_context.json');
    const server = await spawnHttpServer({ dataDir });
    const ask = (operation: string, body: object, persona: string) =>
      server.request(`/api/${operation}`, { method: 'POST', body, headers: { 'x-persona': persona } });
    for (const [operation, body, persona] of [
      ['memory_create', { content: 'one' }, 'default'],
      ['get_context', {}, 'default'],
      ['update_context', { emotion: 'joy' }, 'aoi'],
    ] as const) {
      const { status, text } = await ask(operation, body, persona);
      expect({ status, text }).toEqual({ status: 503, text: expect.stringContaining('it is a named pipe') });
    }
    expect(await ask('memory_create', { content: 'two' }, 'ren')).toMatchObject({ status: 200 });
    mkdirSync(join(dataDir, 'memory/mio/memory.sqlite'), { recursive: true });
    const listed = (await server.request('/api/personas')).json();
    // A persona that cannot be read is not one without memories.
    expect(listed).toMatchObject({
      result: {
        personas: [
          { name: 'aoi', memories: 0 },
          { name: 'default', problem: expect.any(String) },
          { name: 'mio', problem: expect.any(String) },
          { name: 'ren', memories: 1 },
        ],
      },
    });

    rmSync(join(dataDir, ofDefault('memory.sqlite')));
    expect(await ask('memory_create', { content: 'three' }, 'default')).toMatchObject({ status: 200 });
    expect(await server.kill()).toMatchObject({ code: 0 });
  }, 20_000);

  it.each([
    ['--config', (path: string) => ({ args: ['--config', path], env: {} })],
    ['MEMORY_MCP_CONFIG_PATH', (path: string) => ({ args: [], env: { MEMORY_MCP_CONFIG_PATH: path } })],
    ['MEMORY_MCP_AUTH_TOKENS_FILE', (path: string) => ({ args: [], env: { MEMORY_MCP_AUTH_TOKENS_FILE: path } })],
  ])('the file of %s ends the start', async (_, naming) => {
    const path = makePipe(join(folderOfTest(), 'given.json'));
    const { args, env } = naming(path);
    expectRefusal(await run([...serveHttp, ...args], { env }), path, 'it is a named pipe, not a file');
  });

  it('config.json in the data folder ends the start', async () => {
    const dataDir = dataWithPipes('config.json');
    expectRefusal(await run(serveHttp, { dataDir }), /config\.json cannot be read: it is a named pipe/);
  });
});

describe.skipIf(process.platform === 'win32')('a device in the place of', () => {
  it.each(['/dev/zero', '/dev/tty'])('the configuration file ends the start: %s', async (device) => {
    const refused = await run([...serveHttp, '--config', device]);
    expectRefusal(refused, `The file ${device} cannot be read: it is a device, not a file`);
    expect(refused.code).toBe(2);
  });

  it('memory.sqlite is named, behind a link too', async () => {
    const dataDir = join(folderOfTest(), 'data');
    mkdirSync(join(dataDir, 'memory', 'default'), { recursive: true });
    symlinkSync('/dev/zero', join(dataDir, ofDefault('memory.sqlite')));
    expectRefusal(await run(create, { dataDir }), ofDefault('memory.sqlite'), 'it is a device, not a file');
  });
});

describe.skipIf(process.platform !== 'linux')('a place where no folder can be made', () => {
  const dataDir = '/proc/x';

  it.each([create, changeContext, serveHttp])('is named as the data folder: %j', async (...args) => {
    expectRefusal(await run(args, { dataDir }), /\/proc\/x\S* cannot be (?:made|created)/, 'MEMORY_MCP_DATA_DIR');
  });

  it('is named to a client over stdio, and the server goes on', async () => {
    const server = await spawnServer({ dataDir });
    const reply = await server.call('memory_create', { content: 'one' });
    expect(reply).toMatchObject({ isError: true, structured: { error: { code: 'backend_unavailable' } } });
    expect(reply.text).toContain('/proc/x');
    expect((await server.list()).total).toBe(0);
  }, 10_000);

  it('is named as the folder of models', async () => {
    const env = { HF_HOME: dataDir, MEMORY_MCP_EMBEDDINGS_MODEL: 'someone/model', HF_ENDPOINT: 'http://127.0.0.1:9' };
    expectRefusal(await run(['download-models'], { env }), /\/proc\/x\S* cannot be written/, 'HF_HOME');
  });
});
