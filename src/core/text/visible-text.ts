/**
 * Stored text made harmless and visible on its way out: what moves a cursor, turns the reading direction, has no width
 * or hides data becomes `⟨U+202E⟩`; what languages and emoji need stays. Applied to every string of a reply before it
 * becomes JSON, whose own escaping keeps any stored text from closing a delimiter; the stored text is never changed.
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

/** Controls but tab and newline, lone surrogates, line and paragraph separators, whatever has no glyph of its own. */
const suspect =
  '[\\0-\\x08\\x0b-\\x1f\\x7f-\\x9f\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\p{Noncharacter_Code_Point}\\ufff9-\\ufffb]';

// So many classes of characters take milliseconds to read, which the start of a server can do without.
const anySuspect = lazily(() => new RegExp(suspect, 'u'));
const scan = lazily(() => new RegExp(`(${[...emoji, ...writing].join('|')})|${suspect}`, 'gu'));

/** `text` with every hidden character written out; the same string where there is none. */
export function visibleText(text: string): string {
  return anySuspect().test(text) ? text.replace(scan(), (match, kept?: string) => kept ?? written(match)) : text;
}

/** A JSON value with every string in it made visible, names of members included; the same value where all is clean. */
export function visibleValue<T>(value: T): T {
  // Each branch gives back the kind of value that it was given.
  return visible(value) as T;
}

/** User text for a message: at most `limit` characters, visible, in quotes. */
export function quoteForMessage(text: string, limit = 60): string {
  const characters = [...text.slice(0, 2 * limit + 2)];
  return JSON.stringify(visibleText(characters.length > limit ? `${characters.slice(0, limit).join('')}…` : text));
}

function visible(value: unknown): unknown {
  if (typeof value === 'string') return visibleText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const shown = value.map(visible);
    return shown.every((item, index) => item === value[index]) ? value : shown;
  }
  const members = Object.entries(value);
  const shown = members.map(([name, member]) => [visibleText(name), visible(member)] as const);
  const clean = shown.every(([name, member], index) => name === members[index]?.[0] && member === members[index]?.[1]);
  return clean ? value : Object.fromEntries(shown);
}

function written(character: string): string {
  return `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`;
}
