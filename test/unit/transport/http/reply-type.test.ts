import { describe, expect, it } from 'vitest';
import { chooseReplyType, convertReply } from '../../../../src/transport/http/reply-type.ts';

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
