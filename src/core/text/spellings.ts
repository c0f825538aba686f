/**
 * One word has many spellings: the text in the form in which words are compared, before it is split into terms. Every rule
 * holds for memories and questions alike, so each spelling finds the other. What one text alone cannot decide (`e-mail`
 * is `email`, and is `mail` too) is left to `terms.ts`.
 */
import { foldKanjiForms } from './kanji-forms.ts';

const printable = /^[\t\n\r -~]*$/;

/** What the rules before NFKC are about. Each rule begins with a character, not with a look behind, to be fast. */
const anySign = /[™℠®©¼-¾⅐-⅞\u2460-\u249b\u24ea-\u24ff\u2776-\u2793゛]/;
const trademarks = /[™℠®©]/g;
const circled = /[\u2460-\u249b\u24ea-\u24ff\u2776-\u2793]/g;
const fractions = /[¼-¾⅐-⅞]/g;
/** The default ignorable characters, by UTF-16 unit: soft hyphens, joiners, variation selectors. */
const anyInvisible =
  /[\u00ad\u061c\u115f\u1160\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ud834\udb40-\udb43]|[\ufe00-\ufe0f]/;
const invisible = /\p{Default_Ignorable_Code_Point}/gu;
const apostrophes = /[‘’ʼʹ′`´]/g;
const hyphens = /[‐‑‒–−]/g;

const thousands = /\d{1,3}(?<![\d,.]\d{1,3})(?:,\d{3})+(?!\d)/g;
const initials = /\b[a-z]\.(?:[a-z]\.)*(?:[a-z](?![a-z\d]))?/g;
const irregularNegations = /\b(ca|wo|sha)n't\b/g;
const negationStems: Readonly<Record<string, string>> = { ca: 'can', wo: 'will', sha: 'shall' };
const clitic = /(?:n't|'(?:s|re|ve|ll|d|m))(?!\p{L})/gu;

const latinLetters = /[łøđħıæœßþðŋς]/g;
const latinSpellings: Readonly<Record<string, string>> = {
  ł: 'l',
  ø: 'o',
  đ: 'd',
  ħ: 'h',
  ı: 'i',
  æ: 'ae',
  œ: 'oe',
  ß: 'ss',
  þ: 'th',
  ð: 'd',
  ŋ: 'n',
  ς: 'σ',
};
const digraphLetters = /[äöüåø]/;
const digraphs: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue', å: 'aa', ø: 'oe' };

/** What the rules of kana are about. */
const anyKanaSign = /[・゠=~〜ーヴゔァィゥェォぁぃぅぇぉヰゐヱゑヂぢヅづゝゞヽヾ―─−\-‐‑‒–—]/;
/** Between katakana these join the parts of a foreign name or compound: アイス・クリーム. */
const katakanaJoints = /[・゠=](?<=[ァ-ヺー].)(?=[ァ-ヺ])/g;
const longVowelSigns = /[-‐‑‒–—―─−](?<=[ァ-ヺー].)(?=[ァ-ヺー]|$|[^\p{L}\p{N}\s])|[~〜](?<=[ぁ-ゖァ-ヺー].)/gu;
const smallVowels = /[ァィゥェォぁぃぅぇぉ]/g;
const oldKana = /[ヰゐヱゑヂぢヅづ]/g;
const currentKana: Readonly<Record<string, string>> = {
  ヰ: 'イ',
  ゐ: 'い',
  ヱ: 'エ',
  ゑ: 'え',
  ヂ: 'ジ',
  ぢ: 'じ',
  ヅ: 'ズ',
  づ: 'ず',
};
const repeatedKana = /([ぁ-ゖァ-ヺ])([ゝゞヽヾ])/g;

/** NFKC, lower case: the form in which whole values such as tags are compared, never for storing. */
export function foldText(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** The text with one spelling for what is written in several. Apostrophes and hyphens stay where they join words. */
export function foldSpelling(text: string): string {
  return printable.test(text) ? foldEnglish(text.toLowerCase()) : foldEnglish(foldBeyondAscii(text));
}

function foldBeyondAscii(text: string): string {
  const plain = foldText(anySign.test(text) ? foldSigns(text) : text);
  const seen = anyInvisible.test(plain) ? plain.replace(invisible, '') : plain;
  return foldKana(foldKanjiForms(seen)).replace(hyphens, '-').replace(apostrophes, "'").replaceAll('♯', '#');
}

function foldSigns(text: string): string {
  return text
    .replace(trademarks, '')
    .replace(circled, (sign) => ` ${circledNumber(sign)} `)
    .replace(fractions, (sign) => ` ${sign}`)
    .replaceAll('゛', '\u3099');
}

/** Most of the circled numbers are numbers to NFKC too; the white ones on black are not. */
function circledNumber(sign: string): string {
  const code = sign.charCodeAt(0);
  if (code >= 0x2776) return String(((code - 0x2776) % 10) + 1);
  if (code >= 0x24eb && code <= 0x24f4) return String(code - 0x24eb + 11);
  return code === 0x24ff ? '0' : sign;
}

function foldKana(text: string): string {
  if (!anyKanaSign.test(text)) return text;
  return foldVu(
    text
      .replace(katakanaJoints, '')
      .replace(longVowelSigns, 'ー')
      .replace(/ー{2,}/g, 'ー')
      .replace(oldKana, (letter) => currentKana[letter] ?? letter)
      .replace(repeatedKana, (_, letter: string, mark: string) => letter + repeated(letter, mark)),
  ).replace(smallVowels, (letter) => String.fromCharCode(letter.charCodeAt(0) + 1));
}

/** いすゞ is いすず. */
function repeated(letter: string, mark: string): string {
  return mark === 'ゞ' || mark === 'ヾ' ? `${letter}\u3099`.normalize('NFC') : letter;
}

/** ヴァイオリン is バイオリン, as most people type it. */
function foldVu(text: string): string {
  return text
    .replace(
      /[ヴゔ]([ァィェォぁぃぇぉ])/g,
      (_, vowel: string) => 'バビベボバビベボ'['ァィェォぁぃぇぉ'.indexOf(vowel)] ?? '',
    )
    .replace(/[ヴゔ]/g, 'ブ');
}

function foldEnglish(text: string): string {
  let folded = text;
  if (folded.includes(',')) folded = folded.replace(thousands, (number) => number.replaceAll(',', ''));
  if (folded.includes('.')) {
    folded = folded.replace(initials, (letters) => (letters.length > 2 ? letters.replaceAll('.', '') : letters));
  }
  if (!folded.includes("'")) return folded;
  return folded.replace(irregularNegations, (_, stem: string) => negationStems[stem] ?? stem).replace(clitic, '');
}

/** A word without accents, with letters of other alphabets as they are written where these are missing. */
export function foldLetters(word: string): string {
  return word
    .normalize('NFD')
    .replace(/[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u0640\u064b-\u065f\u0670]/g, '')
    .normalize('NFC')
    .replace(latinLetters, (letter) => latinSpellings[letter] ?? letter)
    .replaceAll('ى', 'ي')
    .replaceAll('ة', 'ه');
}

/** Müller as Mueller; undefined where there is nothing to write so. */
export function writeDigraphs(word: string): string | undefined {
  const composed = word.normalize('NFC');
  if (!digraphLetters.test(composed)) return undefined;
  return foldLetters(composed.replace(/[äöüåø]/g, (letter) => digraphs[letter] ?? letter));
}
