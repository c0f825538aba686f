/**
 * Made-up memories and questions for the search benchmark, Japanese and English in turn, whose words are as common and
 * as rare as those of real texts (Zipf): a few are everywhere, most are in a handful of notes. The same number always
 * gives the same text.
 */
import { randomNumbers } from '../../test/support/vectors.ts';
import { noteOf } from './notes.ts';

/** Ranks of words; texts of people reach about as many in a few thousand notes. */
const vocabulary = 20_000;
/** Long questions are asked in these. */
const commonWords = 1_000;

/** The words of a language that everybody uses, most frequent first; the rarer ones are made up. */
const english =
  `the and to I a of in was for it with my that on she he we at about is had but they after when her not this from said
  have so his there then some as just out went up next been very would like told going because before really work time
  day today people home good week new want make think know see talk morning evening friend family coffee meeting garden
  bicycle doctor dinner kitchen project music weekend train station letter summer winter birthday school teacher window
  market allergy medicine piano library holiday mountain neighbour engine computer password budget contract airport`.split(
    /\s+/,
  );
const japanese =
  `今日 自分 時間 仕事 友達 家族 会社 電話 病院 週末 旅行 先生 料理 写真 音楽 映画 天気 約束 予定 会議 図書館 自転車 珈琲 京都
  学校 野菜 買い物 散歩 誕生日 お母さん 弟 猫 犬 メール パソコン レストラン コーヒー カレンダー アレルギー プロジェクト 締め切り
  引っ越し 薬 朝食 夕食 駅 電車 飛行機 手紙 眼鏡 冬休み 庭 隣の人 大家さん 保険 契約 予算 部屋 台所 机 鍵 財布`.split(
    /\s+/,
  );
const verbs = [
  '行った',
  '食べた',
  '話した',
  '買ってきた',
  '忘れていた',
  '決めた',
  '楽しかった',
  '大変だった',
  'もらった',
  '待っている',
  '直した',
  '始めた',
  '好きだと言っていた',
  '覚えておきたい',
];
const particles = ['は', 'が', 'を', 'に', 'で', 'の', 'と', 'も', 'から', 'まで'];
const kanji = [
  ...'山川田村木林森石金銀鉄水火土空海島岸谷原野花草葉竹松梅桜鳥魚馬牛羊虫貝米麦豆茶酒塩糖油肉骨血心声色形音光影風雨雪氷星月日年春夏秋冬朝昼夜東西南北上下左右前後内外古新長短高低強弱遠近明暗白黒赤青黄緑父母兄姉弟妹夫妻友客主王民臣兵士師医者店屋室堂館院寺宮門戸窓橋道路車船台機具器刀弓矢糸布服帽靴紙筆本書文字語話歌詩絵画図',
];
const syllables = [...'bdfgklmnprstvz'].flatMap((consonant) => [...'aeiou'].map((vowel) => consonant + vowel));

export interface SearchNote {
  readonly content: string;
  /** Occurs in this note alone. */
  readonly uniqueWord: string;
}

type Random = () => number;

export function searchNoteOf(number: number): SearchNote {
  const random = randomNumbers(number + 1);
  const { uniqueWord } = noteOf(number);
  const sentences = Array.from({ length: 1 + Math.floor(4 * random()) }, () =>
    number % 2 === 0 ? englishSentence(random, 8 + 10 * random()) : japaneseSentence(random, 3 + 3 * random()),
  );
  sentences.splice(
    Math.floor(random() * (sentences.length + 1)),
    0,
    number % 2 === 0 ? `${uniqueWord}.` : `${uniqueWord}。`,
  );
  return { content: sentences.join(number % 2 === 0 ? ' ' : ''), uniqueWord };
}

/** What is asked: each kind is a table row, each number another question. */
export const questionKinds: Readonly<Record<string, (number: number, size: number) => string>> = {
  'word of one note': (number, size) => noteOf((number * 7919) % size).uniqueWord,
  'common word': (number) => (number % 2 === 0 ? english.at((number % 30) - 30) : japanese[number % 30]) ?? '',
  'two-character Japanese word': (number) => japaneseWord(400 + number * 37),
  'long question, English': (number) => {
    const random = randomNumbers(1e6 + number);
    return `Do you remember ${englishSentence(random, 8 + 18 * random(), commonWords).slice(0, -1)}?`;
  },
  'long question, Japanese': (number) => {
    const random = randomNumbers(2e6 + number);
    return `${japaneseSentence(random, 4 + 8 * random(), commonWords).slice(0, -1)}のを覚えていますか？`;
  },
};

/** Zipf's law: the word of rank r is drawn with a probability near 1/r. */
function rankOf(random: Random, words: number): number {
  return Math.floor(words ** random()) - 1;
}

function englishSentence(random: Random, length: number, words = vocabulary): string {
  const text = Array.from({ length: Math.floor(length) }, () => englishWord(rankOf(random, words))).join(' ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function englishWord(rank: number): string {
  const known = english[rank];
  if (known !== undefined) return known;
  const syllable = (place: number) => syllables[(Math.imul(rank, 2654435761) >>> (place * 7)) % syllables.length] ?? '';
  return [0, 1, 2].map(syllable).join('') + (rank % 3 === 0 ? 'n' : '');
}

function japaneseSentence(random: Random, length: number, words = vocabulary): string {
  const part = () =>
    japaneseWord(rankOf(random, words)) + (particles[Math.floor(particles.length * random() ** 2)] ?? '');
  const verb = verbs[Math.floor(verbs.length * random() ** 2)] ?? '';
  return `${Array.from({ length: Math.floor(length) }, part).join('')}${verb}。`;
}

function japaneseWord(rank: number): string {
  const known = japanese[rank];
  if (known !== undefined) return known;
  const character = (place: number) => kanji[(Math.imul(rank, 2246822519) >>> (place * 9)) % kanji.length] ?? '';
  return character(0) + character(1);
}
