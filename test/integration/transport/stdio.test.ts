/** How many requests a server over stdio takes in while it has answered none of them. */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import { selectOperations } from '../../../src/operation/index.ts';
import type { Operation } from '../../../src/operation/operation.ts';
import { serveStdio } from '../../../src/transport/mcp/stdio.ts';

function startServer() {
  const input = new PassThrough();
  const output = new PassThrough();
  let provide: (operations: readonly Operation[]) => void = () => {};
  const operations = new Promise<readonly Operation[]>((resolve) => {
    provide = resolve;
  });
  const answered = new Set<unknown>();
  output.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n')) if (line !== '') answered.add(JSON.parse(line).id);
  });
  const server = serveStdio({
    input,
    output,
    operations,
    version: '0',
    logger: silentLogger,
    openScope: () => () => Promise.reject(new Error('no memories here')),
  });
  const send = (message: object) => input.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const clientInfo = { name: 'test', version: '0' };
  send({ id: 'first', method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo } });
  send({ method: 'notifications/initialized' });
  return { input, answered, send, server, provide: () => provide(selectOperations('core')) };
}

const until = (condition: () => boolean) => expect.poll(condition, { timeout: 10_000, interval: 5 }).toBe(true);

describe('requests over stdio', () => {
  it('wait outside while a hundred are being answered, and are all answered in the end', async () => {
    const { input, answered, send, server, provide } = startServer();
    await until(() => answered.has('first'));
    for (let id = 0; id < 500; id++) send({ id, method: 'tools/list' });
    await until(() => input.isPaused());
    expect(input.readableLength + input.writableLength).toBeGreaterThan(0);
    expect(answered.size).toBe(1);

    provide();
    await until(() => answered.size === 501);
    expect(input.isPaused()).toBe(false);
    input.end();
    await server.ended;
  });

  it('that were cancelled no longer count', async () => {
    const { input, answered, send, server, provide } = startServer();
    await until(() => answered.has('first'));
    for (let id = 0; id < 300; id++) {
      send({ id, method: 'tools/list' });
      send({ method: 'notifications/cancelled', params: { requestId: id } });
    }
    send({ id: 'last', method: 'ping' });
    await until(() => answered.has('last'));
    provide();
    input.end();
    await server.ended;
  });
});
