import { describe, expect, it } from 'vitest';
import { acceptBothTypes, chooseReplyType, convertReply } from '../../../../src/transport/http/reply-type.ts';

const stream = (...messages: object[]) =>
  new Response(messages.map((message) => `event: message\ndata: ${JSON.stringify(message)}\n\n`).join(''), {
    headers: { 'content-type': 'text/event-stream' },
  });
const progress = { jsonrpc: '2.0', method: 'notifications/progress', params: {} };
const reply = { jsonrpc: '2.0', id: 1, result: {} };

describe('a stream rewritten as JSON', () => {
  it('is the reply alone, without notifications', async () => {
    const response = await convertReply(stream(progress, reply), 'application/json', { batch: false });
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual(reply);
  });

  it('is a list for a batch, of one reply too', async () => {
    expect(await (await convertReply(stream(reply), 'application/json', { batch: true })).json()).toEqual([reply]);
  });
});

it('a request that asks for both types hears of a closed connection after the garbage collection', () => {
  const connection = new AbortController();
  const request = new Request('http://localhost/mcp', { method: 'POST', signal: connection.signal });
  expect(acceptBothTypes(request).headers.get('accept')).toBe('application/json, text/event-stream');
  // Not a signal that follows it, which only the new request would keep alive.
  expect(acceptBothTypes(request).signal).toBe(request.signal);
});

describe('the type that a client can read', () => {
  it.each([
    [null, 'application/json'],
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['application/json', 'application/json'],
    ['text/event-stream', 'text/event-stream'],
    ['application/json, text/event-stream', undefined],
  ])('of Accept %j is %j', (accept, type) => {
    expect(chooseReplyType(accept)).toBe(type);
  });
});
