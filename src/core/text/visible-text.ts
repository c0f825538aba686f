/**
 * Makes hidden characters of stored text visible in replies: those that move the cursor, change the reading direction,
 * have no width or hide data become `⟨U+202E⟩`. Those that languages and emoji need stay. Applied to every string of a
 * reply before it becomes JSON. The stored text is never changed.
 */
import { lazily } from '../lazily.ts';

/** Emoji: one presentation or skin tone each, joined only to other emoji; the flags of regions; keycaps. */
const picture = '\\p{Extended_Pictographic}[\\ufe0e\\ufe0f]?\\p{Emoji_Modifier}?';
const emoji = [
  '\\u{1f3f4}[\\u{e0030}-\\u{e0039}\\u{e0061}-\\u{e007a}]{3,6}\\u{e007f}',
  `${picture}(?:\\u200d${picture})+`,
  '[\\p{Emoji}\\p{S}][\\ufe0e\\ufe0f]',
];

// The script classes hold invisible characters of their own: never those.
const glyph = '(?!\\p{Default_Ignorable_Code_Point})';
/** Scripts whose letters take a joiner or non-joiner, as Persian and the Indic ones do. */
const joining = 'Arab Syrc Nkoo Mong Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Khmr Mymr Tibt Limb Java Bali'
  .split(' ')
  .map((script) => `\\p{scx=${script}}`)
  .join('');
/** Scripts written without spaces, in which a zero-width space marks the words. */
const spaceless = ['Thai', 'Laoo', 'Khmr', 'Mymr', 'Tibt'].map((script) => `\\p{scx=${script}}`).join('');

const writing = [
  '\\r\\n',
  `${glyph}[${joining}][\\u200c\\u200d]`,
  `${glyph}[${spaceless}]\\u200b(?=${glyph}[${spaceless}])`,
  // One variation selector a character: Japanese names need them, and a run of them hides data.
  '\\p{Script=Han}[\\ufe00-\\ufe02\\u{e0100}-\\u{e01ef}]',
  `${glyph}[\\p{S}\\p{scx=Mymr}\\p{scx=Phag}、。，．！：；？0][\\ufe00-\\ufe02]`,
  `${glyph}\\p{scx=Mong}[\\u180b-\\u180f]`,
];

/** Controls except tab and newline, lone surrogates, line and paragraph separators, characters without a glyph. */
const suspect =
  '[\\0-\\x08\\x0b-\\x1f\\x7f-\\x9f\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\p{Noncharacter_Code_Point}\\ufff9-\\ufffb]';

// Compiling these character classes takes milliseconds, so it is put off until the first use.
const anySuspect = lazily(() => new RegExp(suspect, 'u'));
const scan = lazily(() => new RegExp(`(${[...emoji, ...writing].join('|')})|${suspect}`, 'gu'));

/** `text` with every hidden character written out; the same string if there is none. */
export function visibleText(text: string): string {
  return anySuspect().test(text)
    ? text.replace(scan(), (match, kept?: string) => kept ?? escapeCharacter(match))
    : text;
}

/** A JSON value with every string in it made visible, property names included; the same value if there is nothing to change. */
export function visibleValue<T>(value: T): T {
  // Each branch returns the kind of value that it was given.
  return makeVisible(value) as T;
}

/** User text for a message: at most `limit` characters, visible, in quotes. */
export function quoteForMessage(text: string, limit = 60): string {
  const characters = [...text.slice(0, 2 * limit + 2)];
  return JSON.stringify(visibleText(characters.length > limit ? `${characters.slice(0, limit).join('')}…` : text));
}

function makeVisible(value: unknown): unknown {
  if (typeof value === 'string') return visibleText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const shown = value.map(makeVisible);
    return shown.every((item, index) => item === value[index]) ? value : shown;
  }
  const members = Object.entries(value);
  const shown = members.map(([name, member]) => [visibleText(name), makeVisible(member)] as const);
  const clean = shown.every(([name, member], index) => name === members[index]?.[0] && member === members[index]?.[1]);
  return clean ? value : Object.fromEntries(shown);
}

function escapeCharacter(character: string): string {
  return `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`;
}
