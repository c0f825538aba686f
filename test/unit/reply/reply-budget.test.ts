/** The budget of a reply: it is kept in bytes, whatever the items are, and uses the room that there is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitReply } from '../../../src/reply/reply-budget.ts';
import { jsonBytes } from '../../../src/reply/reply-text.ts';

interface Item {
  readonly key: string;
  readonly tags: readonly string[];
  readonly content?: string | undefined;
}
const item = (key: number | string, content: string, tags: string[] = []): Item => ({
  key: `memory_${key}`,
  tags,
  content,
});
const reply = (items: readonly object[]) => jsonBytes({ results: items });

describe('items that fit', () => {
  it('are left as they are', () => {
    const items = [item(1, 'one'), item(2, '長い'.repeat(100))];
    expect(fitReply(items, 10_000)).toEqual(items);
    expect(fitReply([], 10_000)).toEqual([]);
  });
});

describe('items that do not fit', () => {
  it('become previews, the short ones stay whole, and the room is used', () => {
    const items = [
      item(1, '短い'),
      ...Array.from({ length: 9 }, (_, index) => item(index + 2, '長い文章です。'.repeat(800))),
    ];
    const fitted = fitReply(items, 10_000);
    expect(fitted).toHaveLength(10);
    expect(fitted[0]).toEqual(items[0]);
    for (const shown of fitted.slice(1)) {
      expect(shown).toMatchObject({ preview: expect.stringMatching(/^長い文章です。.*…$/), content_length: 5_600 });
      expect(shown).not.toHaveProperty('content');
    }
    expect(reply(fitted)).toBeLessThanOrEqual(10_000);
    expect(reply(fitted)).toBeGreaterThan(8_500);
  });

  it('are left for the next page where even previews do not fit', () => {
    const items = Array.from({ length: 100 }, (_, index) => item(index, '長い文章です。'.repeat(800)));
    const fitted = fitReply(items, 10_000);
    expect(fitted.length).toBeGreaterThan(15);
    expect(fitted.length).toBeLessThan(30);
    expect(reply(fitted)).toBeLessThanOrEqual(10_000);
    for (const shown of fitted) expect('preview' in shown && shown.preview.length).toBeGreaterThan(100);
  });

  it('with other long texts have those cut too', () => {
    const tags = Array.from({ length: 50 }, (_, index) => `${index}長いタグ`.padEnd(100, '長'));
    const [first, second] = fitReply([item(1, 'text', tags), item(2, 'other')], 10_000);
    expect(first?.tags).toHaveLength(6);
    expect(first?.tags[0]).toMatch(/^0長いタグ長+…$/);
    expect(first?.tags[5]).toBe('… 45 more');
    expect(first).toMatchObject({ key: 'memory_1', content: 'text' });
    expect(second).toEqual(item(2, 'other'));
  });

  it('can be shown from the middle', () => {
    const around = (shown: Item, length: number) => `…${(shown.content ?? '').slice(500, 500 + length)}…`;
    const fitted = fitReply([item(1, `${'x'.repeat(500)}needle${'長'.repeat(9_000)}`)], 5_000, around);
    expect(fitted[0]).toMatchObject({ preview: expect.stringMatching(/^…needle長+…$/) });
    expect(reply(fitted)).toBeLessThanOrEqual(5_000);
  });
});

it('whatever the items, the budget is kept and the first is always there', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '"', '\n', '長', '𠮷', '🎂', '⟨'), maxLength: 4_000 });
  const items = fc.array(
    fc.record({
      key: fc.string({ maxLength: 30 }),
      tags: fc.array(fc.string({ maxLength: 60 }), { maxLength: 5 }),
      content: text,
    }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(items, fc.integer({ min: 3_000, max: 40_000 }), (given, budget) => {
      const fitted = fitReply(given, budget);
      expect(fitted.length).toBeGreaterThanOrEqual(Math.min(1, given.length));
      expect(reply(fitted)).toBeLessThanOrEqual(budget);
      for (const [index, shown] of fitted.entries()) {
        expect(shown.key).toBe(given[index]?.key);
        if ('preview' in shown) expect(given[index]?.content.startsWith(shown.preview.slice(0, -1))).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});

it('stays within the budget for a hundred of the longest texts, and shows as many as have room', () => {
  const items = Array.from({ length: 100 }, (_, index) => item(index, '長'.repeat(100_000)));
  const fitted = fitReply(items, 10_000);
  expect(reply(fitted)).toBeLessThanOrEqual(10_000);
  expect(fitted.length).toBeGreaterThan(1);
});
