/**
 * What was acknowledged is there: after kill -9 at the moment of a receipt, two hundred times over, and when six
 * processes create at once on a persona that none of them has seen.
 */
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openConnection } from '../../src/store/sqlite/connection.ts';
import { eras } from '../support/clients.ts';
import { messageOf, type RawServer, startRawServer } from '../support/raw-server.ts';
import { receiptReply } from '../support/replies.ts';
import { spawnServer } from '../support/server.ts';
import { makeSurroundings } from '../support/surroundings.ts';

function sharedDataDir(): string {
  const externalEnvironment = makeSurroundings();
  onTestFinished(() => externalEnvironment.remove());
  return externalEnvironment.dataDir;
}

async function integrityOf(database: string): Promise<unknown> {
  const connection = await openConnection({ path: database, busyTimeout: 5_000 });
  try {
    return connection.pragma('integrity_check');
  } finally {
    connection.close();
  }
}

describe('a memory that was acknowledged', () => {
  const rounds = 200;
  const inFlight = 4;

  async function startServer(dataDir: string): Promise<RawServer> {
    const server = startRawServer({ dataDir });
    await server.initialize();
    return server;
  }

  /** Asks a server to store several memories at once, and kills it at one of the receipts. */
  async function createUntilKilled(server: RawServer, round: number): Promise<Map<string, string>> {
    const contents = new Map<unknown, string>();
    const answers = Array.from({ length: inFlight }, (_, n) => {
      const content = `記憶${round}の${n}番、${'長い話'.repeat((round * 37) % 300)}`;
      const { id, answer } = server.ask('tools/call', { name: 'memory_create', arguments: { content } });
      contents.set(id, content);
      return answer;
    });
    await answers[round % inFlight];
    server.kill('SIGKILL');
    expect(await server.exit).toMatchObject({ signal: 'SIGKILL' });

    // Every receipt that left the process counts, also those that came after the one that was waited for.
    const acknowledged = new Map<string, string>();
    for (const message of server.lines.map(messageOf)) {
      const content = contents.get(message?.id);
      if (content !== undefined) acknowledged.set(receiptReply.parse(message?.result?.structuredContent).key, content);
    }
    return acknowledged;
  }

  it(`is there after kill -9 at each of ${rounds} receipts`, { timeout: 300_000 }, async () => {
    const dataDir = sharedDataDir();
    const acknowledged = new Map<string, string>();
    let next = startServer(dataDir);
    for (let round = 0; round < rounds; round++) {
      const server = await next;
      // The next one starts meanwhile; it opens the database when it is asked something.
      next = startServer(dataDir);
      const receipts = await createUntilKilled(server, round);
      expect(receipts.size).toBeGreaterThan(round % inFlight);
      for (const [key, content] of receipts) {
        expect(acknowledged.has(key)).toBe(false);
        acknowledged.set(key, content);
      }
    }

    await next;

    const server = await spawnServer({ dataDir });
    const listed = await server.listAll();
    const keys = new Set(listed.map(({ key }) => key));
    expect([...acknowledged.keys()].filter((key) => !keys.has(key))).toEqual([]);
    // What was in flight may be there or not, but nothing is there in part or twice.
    expect(keys.size).toBe(listed.length);
    expect(listed.length).toBeLessThanOrEqual(rounds * inFlight);

    const keysInOrder = [...acknowledged.keys()];
    const torn: string[] = [];
    // Few enough to fit into one reply in full.
    for (let start = 0; start < keysInOrder.length; start += 5) {
      const { memories } = await server.read(...keysInOrder.slice(start, start + 5));
      torn.push(...memories.filter(({ key, content }) => content !== acknowledged.get(key)).map(({ key }) => key));
    }
    expect(torn).toEqual([]);
    const last = keysInOrder.at(-1) ?? '';
    const { results } = await server.search(`記憶${rounds - 1}`, { limit: 50 });
    expect(results.map(({ key }) => key)).toContain(last);
    await server.close();
    expect(await integrityOf(join(dataDir, 'memory', 'default', 'memory.sqlite'))).toBe('ok');
  });
});

describe('six processes that create at once on a new persona', () => {
  const each = 25;

  it('store everything, and no client sees a locked database', { timeout: 120_000 }, async () => {
    const dataDir = sharedDataDir();
    const options = { dataDir, args: ['--persona', '新入り'] };
    const servers = await Promise.all(
      Array.from({ length: 6 }, (_, n) => spawnServer({ ...options, era: eras[n % eras.length] ?? 'modern' })),
    );
    const replies = await Promise.all(
      servers.flatMap((server, process) =>
        Array.from({ length: each }, (_, n) => server.call('memory_create', { content: `${process}番の記憶${n}` })),
      ),
    );
    expect(replies.filter(({ isError }) => isError).map(({ text }) => text)).toEqual([]);
    const keys = replies.map(({ structured }) => receiptReply.parse(structured).key);
    expect(new Set(keys).size).toBe(6 * each);

    for (const server of servers) {
      const listed = await server.listAll();
      expect(new Set(listed.map(({ content }) => content)).size).toBe(6 * each);
      expect(listed.map(({ key }) => key).sort()).toEqual([...keys].sort());
      expect(server.stderr()).toBe('');
    }
  });

  it('store one memory when all of them say the same', async () => {
    const dataDir = sharedDataDir();
    const servers = await Promise.all(Array.from({ length: 6 }, () => spawnServer({ dataDir })));
    const receipts = await Promise.all(servers.map((server) => server.create('苺のアレルギーがある')));
    expect(receipts.filter(({ stored }) => stored).length).toBe(1);
    expect(new Set(receipts.map(({ key }) => key)).size).toBe(1);
  });
});
