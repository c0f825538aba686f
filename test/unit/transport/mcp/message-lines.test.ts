import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMessageLines } from '../../../../src/transport/mcp/message-lines.ts';

const limit = 20;

/** What comes of the bytes when they arrive in these pieces. */
function cut(text: string, sizes: readonly number[] = []): (string | { skipped: string | number | null })[] {
  const found: (string | { skipped: string | number | null })[] = [];
  const lines = createMessageLines({
    limit,
    onLine: (line) => found.push(line.toString()),
    onTooLong: () => {},
    onSkipped: (skipped) => found.push({ skipped }),
  });
  const bytes = Buffer.from(text);
  let at = 0;
  for (const size of [...sizes, bytes.length]) {
    lines.take(bytes.subarray(at, at + size));
    at += size;
  }
  lines.end();
  return found;
}

describe('the lines of a connection', () => {
  it('are handed on whole up to the limit, and passed over beyond it', () => {
    expect(cut(`a\n${'b'.repeat(limit)}\n${'c'.repeat(limit + 1)}\nd\n`)).toEqual([
      'a\n',
      `${'b'.repeat(limit)}\n`,
      { skipped: null },
      'd\n',
    ]);
    expect(cut('the last line')).toEqual(['the last line']);
    expect(cut('c'.repeat(limit + 1))).toEqual([{ skipped: null }]);
  });

  it('are the same in any fragmentation', () => {
    const character = fc.constantFrom('\n', 'a', '苺', '"id":7', '{"method":', '}');
    const text = fc.array(character, { maxLength: 60 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.array(fc.integer({ min: 0, max: 15 })), (all, sizes) => {
        expect(cut(all, sizes)).toEqual(cut(all));
      }),
    );
  });

  it.each([
    [7, '{"jsonrpc":"2.0","id":7,"method":"x","params":{"a":"PAD"}}'],
    [7, '{ "id" : 7 , "jsonrpc":"2.0","method":"x","params":{"a":"PAD"}}'],
    ['a"b', '{"jsonrpc":"2.0","id":"a\\"b","method":"x","params":{"a":"PAD"}}'],
    [7, '{"method":"x","params":{"id":1,"a":"PAD"},"jsonrpc":"2.0","id":7}'],
    [7, '{"method":"x","params":{"a":"PAD","id":1},"id":7,"jsonrpc":"2.0"} \r'],
    [null, '{"method":"x","params":{"a":"PAD","id":1},"jsonrpc":"2.0"}'],
    [null, '{"method":"x","params":{"a":"PAD","id":1}}'],
    [null, '{"jsonrpc":"2.0","id":7,"result":{"a":"PAD"}}'],
    [null, '{"jsonrpc":"2.0","id":"\\x","method":"x","params":"PAD"}'],
    [null, 'PAD'],
  ])('name the request %j where it can be seen in %s', (id, line) => {
    expect(cut(`${line.replace('PAD', 'x'.repeat(5_000))}\n`)).toEqual([{ skipped: id }]);
  });
});
