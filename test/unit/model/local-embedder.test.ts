/**
 * An embedder whose files change under it: a vector never gets into the space of files that did not make it. The process
 * that runs models is played by the test, because nothing else can replace files at just the wrong moment.
 */
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import { readEmbeddingConfig } from '../../../src/model/embedding-config.ts';
import { createEmbeddingSpaceCache } from '../../../src/model/embedding-space-cache.ts';
import type { InferenceClient } from '../../../src/model/inference/inference-client.ts';
import { createLocalEmbedder } from '../../../src/model/local-embedder.ts';
import { resolveEmbedder } from '../../../src/model/model-reference.ts';
import { temporaryFolder } from '../../support/inference.ts';
import { copyOfTestModel, modelSettingsFor } from '../../support/models.ts';
import { settableClock } from '../../support/stores.ts';

const background = { priority: 'background' } as const;

function openEmbedder({ dtype = 'q8', device = 'cpu' } = {}) {
  const folder = copyOfTestModel('tiny-embed');
  const settings = modelSettingsFor({ embeddings: { model: folder } }).embeddings;
  const reference = resolveEmbedder(folder, dtype, temporaryFolder());
  if (reference === undefined) throw new Error('the folder names a model');
  const clock = settableClock();
  const meanwhile = { load: () => {}, embed: () => {} };
  let freshlyLoaded = false;
  const client: InferenceClient = {
    load: async () => {
      meanwhile.load();
      return { dimensions: 1, device };
    },
    embed: async () => {
      meanwhile.embed();
      return { vectors: [Float32Array.of(1)], embeddedCharacters: 1, device, freshlyLoaded };
    },
    embedTogether: async ({ texts }) => {
      meanwhile.embed();
      return texts.map(() => ({ vectors: [Float32Array.of(1)], embeddedCharacters: 1, device, freshlyLoaded }));
    },
    loadReranker: () => Promise.reject(new Error('not asked')),
    rerank: () => Promise.reject(new Error('not asked')),
    status: () => ({ process: 'own', pid: 1 }),
    close: async () => {},
  };
  const embedder = createLocalEmbedder({
    name: reference.name,
    place: reference.place,
    readEmbeddingConfig: (of) => readEmbeddingConfig(of, settings, reference.preset),
    dtype,
    device,
    threads: 1,
    client,
    cache: createEmbeddingSpaceCache(join(temporaryFolder(), 'vector-spaces.json')),
    download: 'not in a test',
    missingRuntime: () => undefined,
    onChange: () => {},
    clock,
    logger: silentLogger,
  });
  let replacements = 0;
  return {
    embedder,
    clock,
    meanwhile,
    /** Puts another file in the place of the graph, as far as its stamp goes. */
    replaceFiles: () => {
      replacements += 1;
      utimesSync(
        join(folder, dtype === 'fp32' ? 'onnx/model.onnx' : 'onnx/model_quantized.onnx'),
        replacements,
        replacements,
      );
    },
    answersFromFreshlyLoadedFiles: () => {
      freshlyLoaded = true;
    },
  };
}

describe('a vector that was made while the files of its model were replaced', () => {
  const refused = {
    code: 'model_unavailable',
    message: expect.stringMatching(/files .*(?:have changed|were replaced)/i),
  };

  it('is not handed out, and the next one is made by the new files', async () => {
    const { embedder, clock, meanwhile, replaceFiles } = openEmbedder();
    await embedder.embedDocument('海', background);
    meanwhile.embed = () => {
      replaceFiles();
      clock.advance(1_000);
    };
    await expect(embedder.embedDocument('海', background)).rejects.toMatchObject(refused);
    meanwhile.embed = () => {};
    expect((await embedder.embedDocument('海', background)).vectors).toHaveLength(1);
  });

  it('is not handed out either where the process had to load them in the same moment', async () => {
    const { embedder, meanwhile, replaceFiles, answersFromFreshlyLoadedFiles } = openEmbedder();
    await embedder.embedDocument('海', background);
    answersFromFreshlyLoadedFiles();
    meanwhile.embed = replaceFiles;
    await expect(embedder.embedDocument('海', background)).rejects.toMatchObject(refused);
  });

  it('is not made at all where they were replaced while they were loaded', async () => {
    const { embedder, clock, meanwhile, replaceFiles } = openEmbedder();
    meanwhile.load = replaceFiles;
    await expect(embedder.embedDocument('海', background)).rejects.toMatchObject(refused);
    meanwhile.load = () => {};
    clock.advance(1_000);
    expect((await embedder.embedDocument('海', background)).vectors).toHaveLength(1);
  });
});

describe('several memories', () => {
  it.each([
    ['together by a card that serves with fp32', 'fp32', 'cuda:1', 2],
    ['one by one by the CPU', 'fp32', 'cpu', undefined],
    ['one by one with a quantized graph, whose vectors would depend on the batch', 'q8', 'cuda', undefined],
  ])('are embedded %s', async (_how, dtype, device, count) => {
    const { embedder } = openEmbedder({ dtype, device });
    expect((await embedder.embedTogether(['海', '山'], background))?.length).toBe(count);
  });

  it('whose files were replaced meanwhile are not handed out either', async () => {
    const { embedder, clock, meanwhile, replaceFiles } = openEmbedder({ dtype: 'fp32', device: 'cuda' });
    await embedder.embedTogether(['海', '山'], background);
    meanwhile.embed = () => {
      replaceFiles();
      clock.advance(1_000);
    };
    await expect(embedder.embedTogether(['海', '山'], background)).rejects.toMatchObject({ code: 'model_unavailable' });
  });
});
