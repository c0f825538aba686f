import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import { languageOf } from '../../../src/core/text/language.ts';
import type { Reranker } from '../../../src/model/reranker.ts';
import { createRerankerEvaluation } from '../../../src/persona/reranker-evaluation.ts';
import type { Scope } from '../../../src/persona/scope.ts';
import { readScore, rerankerTrials } from '../../../src/scoring/reranker-scale.ts';
import { prepareQueryFor } from '../../../src/search/lexical-search.ts';
import { rankMemories } from '../../../src/search/ranked-list.ts';
import { rerank } from '../../../src/search/rerank.ts';
import { searchable } from '../../support/searchable.ts';
import { live } from '../../support/stores.ts';

const never = new Promise<never>(() => {});

/** A reranker that prefers texts with the word. */
function preferring(word: string, changes: Partial<Reranker> = {}): Reranker & { readonly read: string[] } {
  const read: string[] = [];
  return {
    read,
    languages: undefined,
    status: () => ({ state: 'ready', model: 'fake' }),
    score: async (_query, texts) => {
      read.push(...texts);
      return texts.map((text) => (text.includes(word) ? 1 : 0));
    },
    ...changes,
  };
}

async function storeOf(contents: readonly string[]) {
  const { workspace, scope } = await searchable();
  for (const content of contents) await workspace.add(content);
  const search = async (query: string, reranker: Reranker, changes: Partial<Scope> = {}) => {
    const models = { ...workspace.models, reranker };
    const list = await rankMemories(
      { ...scope, workspace: { ...workspace, models }, ...changes },
      { query },
      'keyword',
      live,
    );
    return { ...list, contents: list.memories.map(({ memory }) => memory.content) };
  };
  return { search, scope, workspace };
}

/** Knows the answers to the questions that measure it, and otherwise prefers texts with the word. */
function measurable(word: string): Reranker {
  const own = (['ja', 'en'] as const).flatMap((language) => rerankerTrials(language));
  return preferring(word, {
    score: async (query, texts) => {
      const trial = own.find(({ question }) => question === query);
      return texts.map((text) => (text === trial?.answers[0] || text.includes(word) ? 0.9 : 0.1));
    },
  });
}

const fillers = Array.from({ length: 6 }, (_, index) => `The tea of day ${index} was fine`);

describe('a reranker', () => {
  it('reads the passage that was found, not the beginning', async () => {
    const { search } = await storeOf([`${'Nothing of interest here. '.repeat(60)}The spare key is under the pot.`]);
    const reranker = preferring('pot');
    const { memories } = await search('where is the spare key', reranker);
    expect(reranker.read).toEqual([expect.stringContaining('The spare key is under the pot.')]);
    expect(reranker.read[0]?.length).toBeLessThanOrEqual(300);
    expect(memories[0]?.rerank).toBe(1);
  });

  it('uses what was read in time, and says how much that was', async () => {
    const { search } = await storeOf([...fillers, 'The tea of the gentle uncle']);
    let calls = 0;
    const reranker = preferring('gentle');
    const slow: Reranker = {
      ...reranker,
      score: (query, texts) => (++calls > 1 ? never : reranker.score(query, texts)),
    };
    const { memories, degraded } = await search('tea', slow);
    expect(memories.map(({ rerank }) => rerank !== undefined)).toEqual([true, true, true, true, false, false, false]);
    expect(degraded).toBe('reranked 4 of 5: the reranker took too long');
  });

  it('says why it read nothing, and leaves the order', async () => {
    const { search } = await storeOf(fillers);
    const plain = await search('tea', preferring('3', { status: () => ({ state: 'off', model: 'none' }) }));
    const failing = await search('tea', preferring('3', { score: () => Promise.reject(new Error('out of memory')) }));
    expect(failing.degraded).toBe('not reranked: out of memory');
    expect(failing.contents).toEqual(plain.contents);
    expect(plain.degraded).toBeUndefined();
  });

  it('is not asked in a language that it was not trained on, nor about texts in one', async () => {
    const { search } = await storeOf(['The tea of Kyoto is 濃い', '京都のお茶は濃い', 'お茶の時間']);
    const reranker = preferring('濃い', { languages: ['ja'] });
    const english = await search('tea of Kyoto', reranker);
    expect(reranker.read).toEqual([]);
    expect(english.degraded).toBeUndefined();
    await search('京都のお茶は濃い', reranker);
    expect(reranker.read.toSorted()).toEqual(['お茶の時間', '京都のお茶は濃い']);
  });

  it('has a say in how sure an answer is once it was measured, in the language that it was measured in', async () => {
    const { scope, workspace } = await storeOf([...fillers, 'The tea of the gentle uncle', '茶の時間']);
    const reranker = measurable('gentle');
    const rerankerEvaluation = createRerankerEvaluation({ reranker, logger: silentLogger });
    const measured = { ...scope, workspace: { ...workspace, rerankerEvaluation } };
    const readingsFor = async (query: string) => {
      let readings: readonly number[] | undefined;
      const { memories } = await rankMemories(scope, { query }, 'keyword', live);
      const prepared = prepareQueryFor(workspace.store, query);
      const asked = { text: query, prepared, language: languageOf(query), byMeaning: false };
      await rerank(
        { ...measured, workspace: { ...measured.workspace, models: { ...workspace.models, reranker } } },
        asked,
        memories,
        {
          keepFirst: (given) => {
            readings = given;
            return false;
          },
        },
      );
      return readings;
    };
    expect(await readingsFor('gentle tea')).toBeUndefined();
    await rerankerEvaluation.measureOnce('en');
    const readings = (await readingsFor('gentle tea')) ?? [];
    expect(readings.map((reading) => reading > 0.9)).toEqual([true, false, false, false]);
    expect(await readingsFor('茶')).toBeUndefined();
    await workspace.add('昨日はお茶の時間に gentle uncle と話した');
    expect(await readingsFor('gentle uncle')).toBeUndefined();
  });

  it('has no say where it guesses, or could not be measured', async () => {
    for (const reranker of [
      preferring('gentle'),
      preferring('gentle', { score: () => Promise.reject(new Error('out of memory')) }),
    ]) {
      const evaluation = createRerankerEvaluation({ reranker, logger: silentLogger });
      await evaluation.measureOnce('en');
      expect(readScore(evaluation.scaleFor('en'), 0.9)).toBeUndefined();
    }
  });

  it('is measured once, and not after the persona was closed', async () => {
    const reranker = preferring('');
    const evaluation = createRerankerEvaluation({ reranker, logger: silentLogger });
    await Promise.all([evaluation.measureOnce('ja'), evaluation.measureOnce('ja')]);
    await evaluation.measureOnce('ja');
    expect(reranker.read).toHaveLength(64);
    await evaluation.close();
    await evaluation.measureOnce('en');
    expect(reranker.read).toHaveLength(64);
  });
});
