/** By words a memory is found if it holds a word of the question, in one of its spellings; letters of one are not enough. */
import { describe, expect, it } from 'vitest';
import { prepareQueryFor, searchWords } from '../../../src/search/lexical-search.ts';
import { live, openTestStore } from '../../support/stores.ts';

async function find(query: string, contents: readonly string[]): Promise<string[]> {
  const store = await openTestStore();
  const at = '2026-01-01T00:00:00.000Z';
  const memories = contents.map((content, index) => ({
    key: `memory_${index}`,
    content,
    tags: [],
    importance: 0.5,
    created_at: at,
    updated_at: at,
    source: 'test',
    version: 1,
    pinned: false,
    access_count: 0,
  }));
  await store.memories.importAll(memories, at);
  return searchWords(store, prepareQueryFor(store, query), live).map(({ memory }) => memory.content);
}

describe('a word that no memory holds finds nothing', () => {
  it.each([
    ['パラグライダー', ['ライブに行った', 'グラタンを焼いた', 'パラソルを買った', 'カレンダーを掛けた']],
    ['ペンギン', ['ペンを買った', 'エンジンの音', 'ギンガムの布']],
    ['paragliding', ['the parade was loud', 'a parasol for the beach']],
    ['kangaroo', ['kangxi radicals']],
  ])('%s', async (query, contents) => {
    expect(await find(query, contents)).toEqual([]);
  });
});

describe('found is', () => {
  it.each([
    ['the word in the other kana', 'リンゴ', 'りんごを買った'],
    ['the word without its last long vowel', 'コンピューター', 'コンピュータが壊れた'],
    ['the word with another letter', 'ダイアモンド', 'ダイヤモンドの指輪'],
    ['a part of what is written', 'グライダー', 'パラグライダーに乗る'],
    ['what the question is a longer form of', 'パラグライダー教室', 'パラグライダーに乗る'],
    ['the first half of a longer word', 'データベースサーバー', 'データベースを更新する'],
    ['the second half of a longer word', 'アイスクリーム', 'クリームを買う'],
    ['a kanji compound with a part of it', '定例会議', '会議室の鍵は受付にある'],
    ['an inflected English word', 'adoption', 'They adopted a child'],
    ['a longer English word', 'photo', 'photography class'],
    ['another word of the question', 'パラグライダーの予約', '歯医者を予約した'],
    ['one kana of a word', 'ぬ', 'いぬがいる'],
  ])('%s', async (_, query, content) => {
    expect(await find(query, [content])).toEqual([content]);
  });
});

it('what holds the whole word stands before what holds a part of it', async () => {
  const [whole, part] = ['定例会議は木曜', '会議室の鍵は受付にある'];
  expect(await find('定例会議', [part, whole])).toEqual([whole, part]);
});
