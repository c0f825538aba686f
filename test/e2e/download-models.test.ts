import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HubFaults, type HubServer, openHubServer } from '../support/hub-server.ts';
import { temporaryFolder } from '../support/inference.ts';
import { binary, repositoryRoot } from '../support/surroundings.ts';

describe('download-models', () => {
  let server: HubServer;
  let data: string;

  beforeEach(async () => {
    server = await openHubServer({ 'someone/tiny-embed': 'tiny-embed', 'someone/tiny-rerank': 'tiny-rerank' });
    data = temporaryFolder();
  });
  afterEach(() => server.close());

  const run = async (flags: readonly string[], environment: Record<string, string> = {}, launcher = binary) => {
    const child = spawn(process.execPath, [launcher, 'download-models', ...flags], {
      env: {
        PATH: process.env.PATH,
        HOME: data,
        MEMORY_MCP_DATA_DIR: data,
        HF_ENDPOINT: server.endpoint,
        MEMORY_MCP_EMBEDDINGS_MODEL: 'someone/tiny-embed',
        MEMORY_MCP_RERANKER_MODEL: 'someone/tiny-rerank',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    return { out, err, code };
  };
  const models = () => join(data, 'cache/huggingface');

  it('fetches both models of the configuration, tries them out, and says where they are and how big', async () => {
    const { out, err, code } = await run([]);
    expect({ code, lines: out.trim().split('\n') }).toEqual({
      code: 0,
      lines: [
        expect.stringMatching(
          /^someone\/tiny-embed: .*\/someone\/tiny-embed \(0\.1 MB, 32 dimensions, works, ready in \d+\.\d s\)$/,
        ),
        expect.stringMatching(/^someone\/tiny-rerank: .*\/someone\/tiny-rerank \(0\.1 MB, reranker, works, ready in/),
      ],
    });
    expect(err).toMatch(
      /^someone\/tiny-embed: 0 % of 0\.1 MB\n(someone\/tiny-embed: \d+ % of 0\.1 MB\n)*someone\/tiny-embed: 100 % of 0\.1 MB\n/,
    );
  });

  it('downloads only the named model to the given folder, and answers in JSON', async () => {
    const to = join(data, 'elsewhere');
    const { out, code } = await run(['--model', 'someone/tiny-embed', '--to', to, '--json'], {
      MEMORY_MCP_EMBEDDINGS_MODEL: 'none',
    });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      models: [
        {
          role: 'embedder',
          name: 'someone/tiny-embed',
          folder: join(to, 'someone/tiny-embed'),
          bytes: expect.any(Number),
          dimensions: 32,
          loadMilliseconds: expect.any(Number),
        },
      ],
    });
    expect(readdirSync(to)).toEqual(['someone']);
  });

  it('fetches nothing again unless it is forced', async () => {
    await run([]);
    const before = server.requests.length;
    expect((await run([])).code).toBe(0);
    expect(server.requests).toHaveLength(before);
    expect((await run(['--force'])).code).toBe(0);
    expect(server.requests.length).toBeGreaterThan(before);
  });

  it('goes on where a download was killed', async () => {
    server.misbehave({ slow: 100 });
    const child = spawn(process.execPath, [binary, 'download-models'], {
      env: {
        PATH: process.env.PATH,
        HOME: data,
        MEMORY_MCP_DATA_DIR: data,
        HF_ENDPOINT: server.endpoint,
        MEMORY_MCP_EMBEDDINGS_MODEL: 'someone/tiny-embed',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    for await (const line of child.stderr) if (/[345]0 %/.test(String(line))) break;
    child.kill('SIGKILL');
    await once(child, 'exit');
    server.misbehave({});
    expect((await run([])).code).toBe(0);
    expect(server.requests.some(({ range }) => /^bytes=[1-9]/.test(range ?? ''))).toBe(true);
  });

  it.each<[string, HubFaults, string[], Record<string, string>, RegExp]>([
    ['there is no network', {}, [], { HF_ENDPOINT: 'http://127.0.0.1:9' }, /cannot be reached: ECONNREFUSED/],
    ['the id is wrong', {}, ['--model', 'someone/nothing'], {}, /has no model "someone\/nothing"/],
    ['the hub wants a token', { token: 'x' }, [], {}, /requires a token \(401\)/],
    [
      'a file arrives damaged',
      { wrongHash: 'config.json' },
      [],
      {},
      /config\.json of someone\/tiny-embed arrived damaged/,
    ],
    [
      'a file is cut short each time',
      { cutAfter: 40_000, ignoreRanges: true },
      [],
      {},
      /was not downloaded completely/,
    ],
    ['it is offline', {}, [], { HF_HUB_OFFLINE: '1' }, /HF_HUB_OFFLINE is set/],
  ])(
    'says in one sentence that %s, exits with 1 and leaves no half model',
    async (_what, faults, flags, environment, message) => {
      server.misbehave(faults);
      const { out, err, code } = await run(flags, environment);
      expect(err).toMatch(message);
      expect(err.split('\n').filter((line) => line.startsWith('memory-mcp: '))).toHaveLength(1);
      expect({ out, code }).toEqual({ out: '', code: 1 });
      server.misbehave({});
      expect((await run([])).code).toBe(0);
      expect(readdirSync(join(models(), 'someone/tiny-embed'))).toContain('config.json');
    },
  );

  it('reports a missing runtime', async () => {
    // The built program in a place from which no package can be found.
    const place = temporaryFolder();
    for (const part of ['bin', 'dist', 'package.json'])
      cpSync(join(repositoryRoot, part), join(place, part), { recursive: true });
    const { err, code } = await run([], {}, join(place, 'bin/memory-mcp.js'));
    expect(code).toBe(1);
    expect(err).toMatch(/memory-mcp: onnxruntime-node is not installed\. .*--include=optional/);
  });
});
