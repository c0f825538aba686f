/**
 * How the built program starts: from kept code where it can and without it everywhere else, loading what it needs and
 * nothing more, and with the same tools for every client.
 */
import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { applicationId } from '../../src/store/sqlite/file-header.ts';
import { connect, eras } from '../support/clients.ts';
import { type Message, type RawServer, startRawServer } from '../support/raw-server.ts';
import { binary, makeSurroundings, repositoryRoot } from '../support/surroundings.ts';

const bundle = join(repositoryRoot, 'dist', 'cli.cjs');
const watch = join(repositoryRoot, 'test', 'support', 'watched-start.cjs');

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'start-up-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A server that says on standard error what it does with kept code. */
function startTalking(cache: string): RawServer {
  return startRawServer({ env: { XDG_CACHE_HOME: cache, HOME: cache, LOCALAPPDATA: cache, NODE_DEBUG: 'memory-mcp' } });
}

async function expectHandshake(server: RawServer): Promise<void> {
  const { result } = await server.initialize();
  expect(result?.serverInfo).toMatchObject({ name: 'memory-mcp' });
}

const until = (server: RawServer, words: RegExp) =>
  vi.waitFor(() => expect(server.stderr()).toMatch(words), { timeout: 20_000 });

async function end(server: RawServer): Promise<void> {
  server.end();
  expect((await server.exit).code).toBe(0);
}

describe('code kept for the next start', () => {
  it('is written after the first answer and used by the next process', async () => {
    const cache = makeFolder();
    const first = startTalking(cache);
    await until(first, /not used/);
    expect(first.stderr()).not.toMatch(/written/);
    await expectHandshake(first);
    await until(first, /written/);
    await end(first);

    const second = startTalking(cache);
    await expectHandshake(second);
    expect(second.stderr()).toMatch(/ used/);
    expect(second.stderr()).not.toMatch(/not used/);
    const { result } = await second.callTool('memory_create', { content: 'The second start works as the first.' });
    expect(result?.structuredContent).toMatchObject({ stored: true });
    await end(second);
  });

  it('is whole when several processes write it at once', async () => {
    const cache = makeFolder();
    const servers = [1, 2, 3].map(() => startTalking(cache));
    await Promise.all(servers.map(expectHandshake));
    await Promise.all(servers.map((server) => until(server, /written/)));
    await Promise.all(servers.map(end));

    const next = startTalking(cache);
    await expectHandshake(next);
    expect(next.stderr()).not.toMatch(/not used/);
  });

  it('is not missed by a client that leaves at once', async () => {
    const cache = makeFolder();
    const server = startTalking(cache);
    await expectHandshake(server);
    await end(server);
    expect(readdirSync(cache)).toEqual([]);
  });
});

describe('a cache folder that is of no use', () => {
  const spoil: Record<string, (cache: string) => void> = {
    'a file in its place': (cache) => writeFileSync(join(cache, 'memory-mcp'), 'a file'),
    'a folder open to everybody': (cache) => {
      mkdirSync(join(cache, 'memory-mcp', 'code'), { recursive: true });
      chmodSync(join(cache, 'memory-mcp', 'code'), 0o777);
    },
    'a folder that cannot be written': (cache) => chmodSync(cache, 0o500),
  };
  // Root may write everywhere, and Windows has no modes.
  const cannotForbid = process.platform === 'win32' || process.getuid?.() === 0;
  const possible = Object.keys(spoil).filter((name) => name === 'a file in its place' || process.platform !== 'win32');

  it.each(possible)('(%s) does not keep a server from its work', async (name) => {
    const cache = makeFolder();
    spoil[name]?.(cache);
    const server = startTalking(cache);
    await expectHandshake(server);
    expect((await server.request('tools/list')).result).toBeDefined();
    await until(server, name === 'a folder that cannot be written' && cannotForbid ? /written/ : /not written/);
    await end(server);
  });

  it.skipIf(process.platform === 'win32')('(damaged code) does not keep a server from its work', async () => {
    const cache = makeFolder();
    const first = startTalking(cache);
    await expectHandshake(first);
    await until(first, /written/);
    await end(first);
    const folder = join(cache, 'memory-mcp', 'code');
    const [name = ''] = readdirSync(folder);
    const code = readFileSync(join(folder, name));
    writeFileSync(join(folder, name), code.fill(0x55, code.length >> 1, (code.length >> 1) + 64));

    const second = startTalking(cache);
    await expectHandshake(second);
    expect(second.stderr()).toMatch(/damaged/);
    await until(second, /written/);
  });
});

describe.skipIf(process.platform !== 'linux')('the heap of a server of one client (read from /proc)', () => {
  const plainHeap = join(repositoryRoot, 'scripts', 'bench', 'plain-heap.cjs');

  /** The largest resident memory so far, in kilobytes, after replies of ten kilobytes each. */
  async function peakAfterReplies(nodeArgs: readonly string[]): Promise<number> {
    const server = startRawServer({ nodeArgs });
    await expectHandshake(server);
    for (let reply = 0; reply < 300; reply++) await server.request('tools/list');
    const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
    await end(server);
    return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]);
  }

  it('stays smaller than V8 would let it grow', async () => {
    const small = await peakAfterReplies([]);
    const plain = await peakAfterReplies(['--require', plainHeap]);
    expect(small).toBeLessThan(plain * 0.95);
  });
});

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const execute = promisify(execFile);

async function runNode(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const externalEnvironment = makeSurroundings({ env });
  onTestFinished(() => externalEnvironment.remove());
  const running = execute(process.execPath, [...args], { cwd: makeFolder(), env: externalEnvironment.env });
  running.child.stdin?.end();
  return running.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

describe('the launcher', () => {
  it.each(['18.20.8', '20.18.1', '6.17.1'])('refuses Node %s in one sentence', async (version) => {
    const { code, stdout, stderr } = await runNode(['--require', watch, binary, '--version'], {
      NODE_VERSION_TO_SHOW: version,
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(`memory-mcp needs Node 20.19 or newer and recommends 22 or newer; this is ${version}.\n`);
  });

  it.each(['20.19.0', '22.0.0', '26.1.0'])('accepts Node %s', async (version) => {
    const { code } = await runNode(['--require', watch, binary, '--version'], { NODE_VERSION_TO_SHOW: version });
    expect(code).toBe(0);
  });

  it('says in one sentence what to do about a missing build', async () => {
    const root = makeFolder();
    cpSync(join(repositoryRoot, 'bin'), join(root, 'bin'), { recursive: true });
    cpSync(join(repositoryRoot, 'package.json'), join(root, 'package.json'));
    const { code, stdout, stderr } = await runNode([join(root, 'bin', 'memory-mcp.js'), '--version']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe('memory-mcp is not built yet: run "npm run build" in its folder.\n');
  });

  it('reads the built file byte by byte, so it has to be plain ASCII', () => {
    expect(readFileSync(bundle).every((byte) => byte < 0x80)).toBe(true);
  });
});

const watched = z.object({
  functions: z.array(z.object({ startOffset: z.number(), endOffset: z.number(), count: z.number() })),
  modules: z.array(z.string()),
});

/** Words that stand in one part of the built file each. */
const parts = { sdk: 'StdioServerTransport already started', http: 'Context is not finalized' };

/** Which of the parts ran, and the modules outside the built file that were loaded. */
async function observe(args: readonly string[]): Promise<{ ran: string[]; modules: string[] }> {
  const report = join(makeFolder(), 'report.json');
  await runNode(['--require', watch, binary, ...args], { WATCHED_START: report, NODE_DISABLE_COMPILE_CACHE: '1' });
  const { functions, modules } = watched.parse(JSON.parse(readFileSync(report, 'utf8')));
  const text = readFileSync(bundle, 'latin1');
  const ran = Object.entries(parts).flatMap(([name, words]) => {
    const place = text.indexOf(words);
    expect(place, `${name} is in the built file`).toBeGreaterThan(0);
    const around = functions
      .filter(({ startOffset, endOffset }) => startOffset <= place && place < endOffset)
      .sort((one, other) => other.endOffset - other.startOffset - (one.endOffset - one.startOffset));
    // The script and the function that the launcher wraps around it always run.
    return around.slice(2).some(({ count }) => count > 0) ? [name] : [];
  });
  return { ran, modules: modules.filter((path) => !path.startsWith(join(repositoryRoot, 'bin'))) };
}

describe('what is loaded', () => {
  it.each(['--help', '--version', 'serve --help'])('%s loads neither the SDK nor a native library', async (words) => {
    expect(await observe(words.split(' '))).toEqual({
      ran: [],
      modules: [watch, join(repositoryRoot, 'package.json')],
    });
  });

  it('by a stdio server with a silent client is the SDK, and no native library', async () => {
    const { ran, modules } = await observe(['serve', '--stdio']);
    expect(ran).toEqual(['sdk']);
    expect(modules.filter((path) => path.endsWith('.node'))).toEqual([]);
  });

  it('by a call is the database, and not the SDK', async () => {
    const { ran, modules } = await observe(['call', 'memory_list']);
    expect(ran).toEqual([]);
    expect(modules.filter((path) => path.endsWith('.node'))).toHaveLength(1);
  });
});

describe('tools/list', () => {
  const envelope = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': { name: 'raw-client', version: '1.0.0' },
  };
  const toolsOf = ({ result }: Message) => JSON.stringify(result?.tools);

  it('of the core set takes less than 12 KB', async () => {
    const server = startRawServer();
    await server.initialize();
    await server.request('tools/list');
    expect(Buffer.byteLength(server.lines.at(-1) ?? '')).toBeLessThan(12_000);
  });

  it('is the same for every connection and in both eras, byte by byte', async () => {
    const [classic, another, modern] = [startRawServer(), startRawServer(), startRawServer()];
    await classic.initialize();
    await another.initialize('2024-11-05');
    const expected = toolsOf(await classic.request('tools/list'));
    expect(expected).toContain('memory_create');
    expect(toolsOf(await another.request('tools/list'))).toBe(expected);
    expect(toolsOf(await modern.request('tools/list', { _meta: envelope }))).toBe(expected);
    // Asking again, and after a write.
    await classic.callTool('memory_create', { content: 'Nothing stored shows in the list of tools.' });
    expect(toolsOf(await classic.request('tools/list'))).toBe(expected);
  });

  it('reaches the client libraries of both eras alike', async () => {
    const lists = await Promise.all(
      eras.map(async (era) => {
        const externalEnvironment = makeSurroundings();
        const { client } = await connect(era, {
          command: process.execPath,
          args: [binary, 'serve', '--stdio'],
          cwd: repositoryRoot,
          env: externalEnvironment.env,
        });
        onTestFinished(async () => {
          await client.close();
          externalEnvironment.remove();
        });
        return (await client.listTools()).tools;
      }),
    );
    expect(lists[0]).toEqual(lists[1]);
    expect(lists[0]?.length).toBeGreaterThan(5);
  });
});

describe('a file that one process has made', () => {
  it('is known as its own by the next', async () => {
    const first = startRawServer();
    await first.initialize();
    await first.callTool('memory_create', { content: 'Made by the first process.' });
    await end(first);
    const second = startRawServer({ dataDir: first.dataDir });
    await second.initialize();
    const { result } = await second.callTool('memory_list');
    expect(JSON.stringify(result)).toContain('Made by the first process.');
    const header = readFileSync(join(first.dataDir, 'memory', 'default', 'memory.sqlite')).subarray(0, 100);
    expect(header.readUInt32BE(68)).toBe(applicationId);
  });
});
