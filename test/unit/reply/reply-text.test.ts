/** Cutting texts: never inside a character, never over the limit, and the parts make the whole. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visibleText } from '../../../src/core/text/visible-text.ts';
import { cutText, headWithin, jsonBytes } from '../../../src/reply/reply-text.ts';

const joined = [
  '👨‍👩‍👧‍👦',
  '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
  '👍🏽',
  '❤️',
  '葛\u{e0100}',
  'が'.normalize('NFD'),
  '𠮷',
  'می\u200cخ',
  '\r\n',
];

describe('a text that is cut', () => {
  it.each(joined)('keeps %j whole or leaves it out', (character) => {
    const text = `ab${character}cd${character}ef`;
    for (let length = 1; length <= text.length; length++) {
      const cut = cutText(text, length).replace(/…$/, '');
      expect(text.startsWith(cut)).toBe(true);
      expect(cut.length).toBeLessThanOrEqual(length);
      // Whatever is left looks as it does in the whole: nothing half is written out.
      expect(visibleText(cut)).toBe(cut);
      expect(visibleText(text.slice(cut.length))).toBe(text.slice(cut.length));
    }
  });

  it('says so, and a text that fits is itself', () => {
    expect(cutText('12345', 5)).toBe('12345');
    expect(cutText('123456', 5)).toBe('12345…');
  });
});

describe('the head within so many bytes', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', '長', '𠮷', ...joined), maxLength: 200 });

  it('fits, and is as long as it can be', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 60, max: 900 }), (whole, bytes) => {
        const head = headWithin(whole, bytes);
        expect(whole.startsWith(head)).toBe(true);
        expect(jsonBytes(head)).toBeLessThanOrEqual(bytes);
        if (head.length < whole.length) expect(jsonBytes(head)).toBeGreaterThan(bytes - 110);
      }),
    );
  });

  it('read again and again gives the whole text, each part as it looks in the whole', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 60, max: 300 }), (raw, bytes) => {
        const whole = visibleText(raw);
        const parts: string[] = [];
        for (let rest = whole; rest !== ''; rest = rest.slice(parts.at(-1)?.length))
          parts.push(headWithin(rest, bytes));
        expect(parts.join('')).toBe(whole);
        expect(parts.map(visibleText).join('')).toBe(whole);
      }),
    );
  });

  it('is at least one character, even where that does not fit', () => {
    expect(headWithin('𠮷野家', 3)).toBe('𠮷');
    expect(headWithin('abc', 1)).toBe('a');
    expect(headWithin('', 1)).toBe('');
  });

  it('cuts what is no character of any language by force', () => {
    const zalgo = `a${'\u0301'.repeat(5_000)}`;
    const head = headWithin(zalgo, 1_000);
    expect(head.length).toBeGreaterThan(400);
    expect(jsonBytes(head)).toBeLessThanOrEqual(1_000);
  });
});
