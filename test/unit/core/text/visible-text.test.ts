import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteForMessage, visibleText, visibleValue } from '../../../../src/core/text/visible-text.ts';

describe('text without anything hidden', () => {
  it.each([
    ['Japanese', '苺のアレルギーがある。犬と京都へ行った！ 全角　ﾊﾝｶｸ ㈱ ①'],
    ['names with variant characters', '葛\u{e0100}城市の辻\u{e0101}さん'],
    ['lines and tabs', 'one\n\ttwo\r\nthree'],
    ['emoji families', '👨‍👩‍👧‍👦 👩🏽‍🤝‍👨🏿 🏳️‍🌈 🏴‍☠️ ❤️‍🔥 🧑🏻‍🦰 👍🏿 ☺️ ™︎'],
    [
      'flags of countries and regions',
      '🇯🇵 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} 🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
    ],
    ['keycaps', '1️⃣ #️⃣'],
    ['Persian', 'می\u200cخواهم کتاب\u200cها'],
    ['Hindi, Bengali and Sinhala', 'क्\u200dष क्\u200cष র\u200d্য ශ්\u200dරී'],
    ['Khmer and Thai with word breaks', 'ភាសា\u200bខ្មែរ ภาษา\u200bไทย'],
    ['Mongolian', 'ᠮᠣᠩᠭᠣᠯ\u180b ᠬ\u180e'],
    ['Hebrew and Arabic', 'שלום עולם مرحبا بالعالم'],
    ['markup, quotes and what looks like an escape', '</memory> ``` "]}\\u202e ⟨U+202E⟩ {{x}}'],
    ['mathematics', 'x ≨︀ y, 10² ≠ 102'],
  ])('stays as it is: %s', (_, text) => {
    expect(visibleText(text)).toBe(text);
  });
});

describe('text that hides something', () => {
  it.each([
    ['a terminal escape', '\u001b[31mred\u001b[0m', '⟨U+001B⟩[31mred⟨U+001B⟩[0m'],
    ['an eight-bit terminal escape', '\u009b2J', '⟨U+009B⟩2J'],
    ['NUL, backspace and delete', 'a\0b\bc\u007f', 'a⟨U+0000⟩b⟨U+0008⟩c⟨U+007F⟩'],
    ['a carriage return that overwrites a line', 'safe\rEVIL', 'safe⟨U+000D⟩EVIL'],
    ['a turned reading direction', 'a\u202egnp.exe', 'a⟨U+202E⟩gnp.exe'],
    ['isolates and marks', '\u2066\u2069\u200e\u200f\u061c', '⟨U+2066⟩⟨U+2069⟩⟨U+200E⟩⟨U+200F⟩⟨U+061C⟩'],
    ['zero-width characters in a word', 'pass\u200bword\u2060\ufeff', 'pass⟨U+200B⟩word⟨U+2060⟩⟨U+FEFF⟩'],
    ['a word break with no Thai word after it', 'ไทย\u200b!', 'ไทย⟨U+200B⟩!'],
    ['joiners between Latin letters', 'a\u200db\u200cc', 'a⟨U+200D⟩b⟨U+200C⟩c'],
    ['a second joiner in Persian', 'می\u200c\u200cخ', 'می\u200c⟨U+200C⟩خ'],
    ['a joiner after the last emoji', '👨\u200d', '👨⟨U+200D⟩'],
    ['a joiner between an emoji and a letter', '👨\u200da', '👨⟨U+200D⟩a'],
    ['words written in tag characters', 'hi\u{e0068}\u{e0069}', 'hi⟨U+E0068⟩⟨U+E0069⟩'],
    [
      'a flag that says too much',
      '🏴\u{e0069}\u{e0067}\u{e006e}\u{e006f}\u{e0072}\u{e0065}\u{e0069}\u{e007f}',
      '🏴⟨U+E0069⟩⟨U+E0067⟩⟨U+E006E⟩⟨U+E006F⟩⟨U+E0072⟩⟨U+E0065⟩⟨U+E0069⟩⟨U+E007F⟩',
    ],
    ['bytes hidden behind an emoji', '☺\ufe0f\ufe01\u{e0110}', '☺\ufe0f⟨U+FE01⟩⟨U+E0110⟩'],
    ['a variation selector on a Latin letter', 'a\ufe0f\u{e0100}', 'a⟨U+FE0F⟩⟨U+E0100⟩'],
    ['line and paragraph separators', 'a\u2028b\u2029c\u0085', 'a⟨U+2028⟩b⟨U+2029⟩c⟨U+0085⟩'],
    ['half a surrogate pair', 'a\ud83d b\ude00', 'a⟨U+D83D⟩ b⟨U+DE00⟩'],
    ['soft hyphens and fillers', 're\u00adset\u3164\u115f', 're⟨U+00AD⟩set⟨U+3164⟩⟨U+115F⟩'],
  ])('shows %s', (_, text, shown) => {
    expect(visibleText(text)).toBe(shown);
  });
});

describe('whatever the text', () => {
  const hostile = fc.constantFrom(
    ...'\0\u0007\b\t\n\r\u001b\u007f\u0085\u009b\u00ad\u034f\u061c\u200b\u200c\u200d\u200e\u202a\u202e\u2028\u2029\u2060\u2066\u2069\u3164\ufe00\ufe0f\ufeff\ud83d\udc68',
    '\u{e0001}',
    '\u{e0067}',
    '\u{e007f}',
    '\u{e0100}',
  );
  const harmless = fc.constantFrom('a', '1', '葛', 'か', '👨', '👍', '🏿', '🏴', 'م', 'क', '्', 'ไ', ' ', '"', '⟩');
  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.oneof(hostile, harmless, fc.string({ unit: 'binary', maxLength: 1 })), { maxLength: 30 })
      .map((parts) => parts.join('')),
  );
  const tabOrLine = new Set([0x09, 0x0a, 0x0d]);
  const isControl = (code: number) => (code < 0x20 && !tabOrLine.has(code)) || (code >= 0x7f && code <= 0x9f);
  const isDirection = (code: number) =>
    [0x61c, 0x200e, 0x200f].includes(code) || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f);
  const isBroken = (code: number) => (code >= 0xd800 && code <= 0xdfff) || (code & 0xfffe) === 0xfffe;

  it('no control, direction, separator or broken character comes out', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const shown = visibleText(text);
        const codes = [...shown].map((character) => character.codePointAt(0) ?? 0);
        expect(codes.filter((code) => isControl(code) || isDirection(code) || isBroken(code))).toEqual([]);
        expect(shown.replaceAll('\r\n', '')).not.toContain('\r');
      }),
      { numRuns: 3000 },
    );
  });

  it('never more than one invisible character follows a visible one, but for a joined emoji and a flag', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const withoutFlags = visibleText(text).replace(/\u{1f3f4}[\u{e0030}-\u{e007a}]{3,6}\u{e007f}/gu, 'F');
        const withoutJoins = withoutFlags.replace(
          /(\p{Extended_Pictographic}[\ufe0e\ufe0f]?\p{Emoji_Modifier}?)\u200d(?=\p{Extended_Pictographic})/gu,
          '$1',
        );
        expect(withoutJoins).not.toMatch(
          /[\p{Default_Ignorable_Code_Point}]{2}|^\p{Default_Ignorable_Code_Point}|[\u{e0000}-\u{e00ff}]/u,
        );
      }),
      { numRuns: 3000 },
    );
  });

  it('nothing is lost: written back, the characters are the same', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const shown = visibleText(text.replaceAll('⟨', ''));
        const back = shown.replace(/⟨U\+([0-9A-F]{4,6})⟩/g, (_, code: string) =>
          String.fromCodePoint(Number.parseInt(code, 16)),
        );
        expect(back).toBe(text.replaceAll('⟨', ''));
      }),
    );
  });

  it('showing it twice is showing it once', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const shown = visibleText(text);
        expect(visibleText(shown)).toBe(shown);
      }),
      { numRuns: 3000 },
    );
  });

  it('letters, marks, numbers, punctuation and symbols stay', () => {
    const plain = fc
      .string({ unit: 'grapheme' })
      .filter((text) => !/[\p{Default_Ignorable_Code_Point}\p{C}\p{Zl}\p{Zp}]/u.test(text));
    fc.assert(
      fc.property(plain, (text) => {
        expect(visibleText(text)).toBe(text);
      }),
    );
  });
});

describe('a reply', () => {
  it('shows every string in it, names included, and keeps the rest', () => {
    const reply = {
      results: [{ key: 'memory_1', content: 'a\u202eb', score: 0.5, tags: ['x\u200b'], none: null }],
      '\u001bname': true,
    };
    expect(visibleValue(reply)).toEqual({
      results: [{ key: 'memory_1', content: 'a⟨U+202E⟩b', score: 0.5, tags: ['x⟨U+200B⟩'], none: null }],
      '⟨U+001B⟩name': true,
    });
    expect(reply.results[0]?.content).toBe('a\u202eb');
  });

  it('is the same object where all is clean', () => {
    const reply = { results: [{ content: '苺 👨‍👩‍👧', tags: [] }], total: 1 };
    expect(visibleValue(reply)).toBe(reply);
  });

  it('cannot be broken out of: its JSON is one line and contains what was stored', () => {
    const content = '"}]}\n</memory>\n{"results": [\u2028';
    const json = JSON.stringify(visibleValue({ content }));
    expect(json).not.toMatch(/[\n\r\u2028\u2029]/);
    expect(JSON.parse(json)).toEqual({ content: '"}]}\n</memory>\n{"results": [⟨U+2028⟩' });
  });
});

describe('text quoted in a message', () => {
  it('is short, visible and closed', () => {
    expect(quoteForMessage('plain')).toBe('"plain"');
    expect(quoteForMessage('a"b\u202e')).toBe('"a\\"b⟨U+202E⟩"');
    expect(quoteForMessage('😀'.repeat(10_000), 3)).toBe('"😀😀😀…"');
    expect(quoteForMessage('x'.repeat(61))).toBe(`"${'x'.repeat(60)}…"`);
    expect(quoteForMessage('😀'.repeat(60))).toBe(`"${'😀'.repeat(60)}"`);
  });
});
