/**
 * Two personas behind one server, many clients of both eras at the same time, their calls interleaved: nobody ever sees
 * what is not theirs, and nothing fails. Each memory carries the mark of its persona, and every reply is searched for
 * the other one.
 */
import { describe, expect, it } from 'vitest';
import type { Era } from '../support/clients.ts';
import { connectHttp, type HttpClient } from '../support/http-clients.ts';
import { spawnHttpServer } from '../support/http-server.ts';

/** The full measure takes a minute; the usual one shows the same in a few seconds. */
const full = process.env.MEMORY_MCP_TEST_FULL === '1';
const clientsPerPersona = 25;
const callsPerClient = full ? 200 : 20;

interface Side {
  readonly persona: string;
  readonly mark: string;
  readonly foreign: string;
}

const sides: readonly Side[] = [
  { persona: '葵', mark: 'りんご畑', foreign: 'みかん山' },
  { persona: 'nilou', mark: 'みかん山', foreign: 'りんご畑' },
];

describe('two personas with fifty clients', () => {
  it('never see each other, and every call is answered', { timeout: 300_000 }, async () => {
    const tokens = sides.map(({ persona }, index) => ({ token: `token${index}`, personas: [persona] }));
    const server = await spawnHttpServer({ tokens, env: { MEMORY_MCP_RATE_LIMIT_PER_SECOND: '0' } });
    const clients = await Promise.all(
      sides.flatMap((side, index) =>
        Array.from({ length: clientsPerPersona }, async (_, number) => {
          const era: Era = number % 2 === 0 ? 'classic' : 'modern';
          return {
            side,
            number,
            client: await connectHttp(era, server.url, { authorization: `Bearer token${index}` }),
          };
        }),
      ),
    );

    const times: number[] = [];
    const keys = new Map(sides.map(({ persona }) => [persona, new Set<string>()]));
    await Promise.all(
      clients.map(async ({ side, number, client }) => {
        for (let round = 0; round < callsPerClient; round++) {
          const started = performance.now();
          await callOnce(client, side, number, round, keys);
          times.push(performance.now() - started);
        }
      }),
    );

    const [mine = new Set<string>(), theirs = new Set<string>()] = keys.values();
    for (const { client, side } of [clients[0], clients[clientsPerPersona]].filter((entry) => entry !== undefined)) {
      const { total } = await client.call('memory_list', { limit: 1 });
      expect(total).toBe(keys.get(side.persona)?.size);
    }
    expect(mine.size + theirs.size).toBeGreaterThan(0);
    await Promise.all(clients.map(({ client }) => client.close()));

    times.sort((a, b) => a - b);
    const at = (share: number) => `${times[Math.floor(times.length * share)]?.toFixed(0)} ms`;
    process.stdout.write(
      `${times.length} calls of ${clients.length} clients at once: p50 ${at(0.5)}, p95 ${at(0.95)}\n`,
    );
  });
});

async function callOnce(
  client: HttpClient,
  { persona, mark, foreign }: Side,
  number: number,
  round: number,
  keys: ReadonlyMap<string, Set<string>>,
): Promise<void> {
  const own = keys.get(persona) ?? new Set();
  const text = `${mark}の記録 ${number}-${round}`;
  const reply = await (() => {
    switch (round % 5) {
      case 0:
        return client.call('memory_create', { content: text, tags: [mark] });
      case 1:
        return client.call('memory_search', { query: `${foreign} 記録`, limit: 20 });
      case 2:
        return client.call('memory_list', { limit: 20 });
      case 3:
        return client.call('memory_read', { keys: [...own].slice(-5) });
      default:
        return client.call('get_context');
    }
  })();
  expect(JSON.stringify(reply)).not.toContain(foreign);
  if (typeof reply.key === 'string') own.add(reply.key);
  if (round % 5 === 4) expect(reply.persona).toBe(persona);
}
