/**
 * Made-up memories for the benchmarks: about 280 bytes of UTF-8 each, Japanese and English in turn, every one with a
 * word that occurs nowhere else. The same number always gives the same note.
 */
export interface Note {
  readonly content: string;
  /** Occurs in this note alone, and is no beginning of another note's. */
  readonly uniqueWord: string;
  readonly tags: readonly string[];
}

const english = {
  places: ['Kyoto', 'Lisbon', 'the harbour', 'the old library', 'her garden', 'the night market', 'Sapporo'],
  people: ['Mika', 'Jonas', 'the landlord', 'Dr. Sato', 'her sister', 'Ravi', 'the new neighbour'],
  things: ['coffee without sugar', 'a blue bicycle', 'the piano lessons', 'the tax papers', 'a walnut allergy'],
  reasons: ['because the doctor said so', 'since the move in spring', 'after a long meeting', 'on a rainy Sunday'],
};
const japanese = {
  places: ['京都', '札幌', '港の市場', '古い図書館', '実家の庭', '夜の商店街', '鎌倉'],
  people: ['美香さん', '健太', '大家さん', '佐藤先生', '妹', '隣の人', '会社の同僚'],
  things: ['砂糖なしの珈琲', '青い自転車', 'ピアノの稽古', '確定申告の書類', '胡桃アレルギー'],
  reasons: ['医者に言われたので', '春に引っ越してから', '長い会議のあとで', '雨の日曜日に'],
};

/** Words that many notes share; the first half English, the second Japanese. */
export const commonWords = [
  'coffee',
  'garden',
  'bicycle',
  'Kyoto',
  'piano',
  '珈琲',
  '京都',
  '自転車',
  '会議',
  '図書館',
];

export function noteOf(number: number): Note {
  const pick = picker(number);
  const uniqueWord = wordOf(number);
  if (number % 2 === 0) {
    const { places, people, things, reasons } = english;
    const content =
      `${pick(people)} told me in ${pick(places)} about ${pick(things)}, reference ${uniqueWord}, ${pick(reasons)}. ` +
      `Next time we meet at ${pick(places)} I should ask about ${pick(things)} and remind ${pick(people)} of the ` +
      `appointment on day ${number % 28}; it matters ${pick(reasons)}, and ${pick(people)} would like a message first.`;
    return { content, uniqueWord, tags: ['bench', 'english'] };
  }
  const { places, people, things, reasons } = japanese;
  const content =
    `${pick(reasons)}、${pick(people)}と${pick(places)}で${pick(things)}の話をした。番号は${uniqueWord}。` +
    `次に${pick(places)}で会うときは${pick(things)}のことを聞き、${pick(people)}に${(number % 28) + 1}日の約束を伝える。` +
    `${pick(people)}は先に連絡がほしいそうだ。`;
  return { content, uniqueWord, tags: ['bench', 'japanese'] };
}

/** Nine letters: a bijection of the number, so that no two are equal and neighbours share no beginning. */
function wordOf(number: number): string {
  let scrambled = (Math.imul(number + 1, 0x9e3779b1) >>> 0) + 2 ** 32;
  let word = '';
  for (let letter = 0; letter < 9; letter++) {
    word += 'bcdfghjklmnpqrstvwxz'[scrambled % 20];
    scrambled = Math.floor(scrambled / 20);
  }
  return word;
}

function picker(seed: number): (words: readonly string[]) => string {
  let state = seed + 1;
  return (words) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0;
    return words[(state >>> 8) % words.length] ?? '';
  };
}
