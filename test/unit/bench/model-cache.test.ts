import { describe, expect, it } from 'vitest';
import { cacheEmbedder } from '../../../scripts/bench/model-cache.ts';
import { createHashEmbedder } from '../../support/hash-embedder.ts';
import { testFolder } from '../../support/stores.ts';

describe('the kept answers of a model', () => {
  it('hands a text to the model once, and gives the same vectors afterwards', async () => {
    const asked: string[] = [];
    const model = createHashEmbedder({ beforeDocument: (text) => void asked.push(text) });
    const cached = cacheEmbedder(model, testFolder());
    const first = await cached.embedDocument('猫が好き', { priority: 'background' });
    const second = await cached.embedDocument('猫が好き', { priority: 'background' });
    expect(asked).toEqual(['猫が好き']);
    expect(second.vectors).toEqual(first.vectors);
  });

  it('keeps a text as a query apart from the same text as a memory', async () => {
    const asked: string[] = [];
    const model = createHashEmbedder({ beforeDocument: (text) => void asked.push(text) });
    const cached = cacheEmbedder(model, testFolder());
    await cached.embedQuery('coffee');
    await cached.embedDocument('coffee', { priority: 'background' });
    expect(asked).toEqual(['coffee']);
  });

  it('asks another model again', async () => {
    const folder = testFolder();
    await cacheEmbedder(createHashEmbedder({ name: 'one' }), folder).embedQuery('coffee');
    const vector = await cacheEmbedder(createHashEmbedder({ name: 'two', dimensions: 12 }), folder).embedQuery(
      'coffee',
    );
    expect(vector).toHaveLength(12);
  });
});
