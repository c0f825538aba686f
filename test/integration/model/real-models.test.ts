/**
 * The same layer with real, trained models, where they are on this machine: what tiny models cannot show is that
 * meaning is found, across languages too.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { EmbeddingSettings } from '../../../src/model/model-settings.ts';
import { cosine } from '../../support/inference.ts';
import { modelSettingsFor, type OpenedModels, openTestModels } from '../../support/models.ts';

const realModels = join(import.meta.dirname, '../../../../shared/models');
const multilingual = join(realModels, 'multilingual-e5-small');
const english = join(realModels, 'all-MiniLM-L6-v2');
const here = existsSync(multilingual) && existsSync(english);

describe.skipIf(!here)(`real models (skipped where ${realModels} does not hold them)`, () => {
  let models: OpenedModels | undefined;
  afterEach(() => models?.close());

  const open = (model: string, settings: Partial<EmbeddingSettings> = {}) => {
    models = openTestModels(modelSettingsFor({ embeddings: { model, ...settings } }));
    return models.embedder;
  };
  /** The memories, the nearest to the question first. */
  const ranked = async (embedder: ReturnType<typeof open>, question: string, memories: readonly string[]) => {
    const query = await embedder.embedQuery(question);
    const scored = await Promise.all(
      memories.map(async (text) => {
        const { vectors } = await embedder.embedDocument(text, { priority: 'background' });
        return { text, score: cosine(query, vectors[0] ?? []) };
      }),
    );
    return scored.sort((left, right) => right.score - left.score).map(({ text }) => text);
  };

  const japanese = [
    '去年の春、ベルリンに引っ越した。',
    '苺のアレルギーがある。',
    '猫を二匹飼っている。',
    '毎朝六時に起きて走る。',
  ];

  it('find the Japanese memory that an English question asks for', async () => {
    const embedder = open(multilingual);
    expect((await ranked(embedder, 'Which city did I move to?', japanese))[0]).toBe(japanese[0]);
    expect((await ranked(embedder, 'What food must I not eat?', japanese))[0]).toBe(japanese[1]);
    expect((await ranked(embedder, 'ペットはいる？', japanese))[0]).toBe(japanese[2]);
    expect(embedder.space()).toMatchObject({ dimensions: 384, id: expect.stringContaining('#q8#content_mean#') });
  });

  it.each(['mean', 'content_mean', 'cls', 'last_token'] as const)('pool by %s as they are told to', async (pooling) => {
    const memories = ['We moved to Berlin last spring.', 'I am allergic to strawberries.', 'I have two cats.'];
    const embedder = open(english, { pooling });
    const order = await ranked(embedder, 'I am allergic to strawberries and nuts.', memories);
    expect(order[0]).toBe(memories[1]);
    expect(embedder.space()?.id).toContain(`#${pooling}#`);
  });

  it('keep the end of a text that is longer than they can read at once', async () => {
    const embedder = open(english);
    const text = `${'The weather was fine and nothing happened that day. '.repeat(120)}My sister's phone number is 555-0199.`;
    const { vectors, embeddedCharacters } = await embedder.embedDocument(text, { priority: 'background' });
    expect(embeddedCharacters).toBe(text.length);
    expect(vectors.length).toBeGreaterThan(4);
    const query = await embedder.embedQuery("sister's phone number");
    const scores = vectors.map((vector) => cosine(query, vector));
    expect(scores.indexOf(Math.max(...scores))).toBe(vectors.length - 1);
  });
});
