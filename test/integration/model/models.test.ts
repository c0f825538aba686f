import { copyFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeTestModel } from '../../../scripts/test-model/test-models.ts';
import { findBundledInference } from '../../../src/model/inference/inference-process.ts';
import type { ModelSettings } from '../../../src/model/model-settings.ts';
import { type HubServer, openHubServer } from '../../support/hub-server.ts';
import { cosine, temporaryFolder } from '../../support/inference.ts';
import {
  collectingLogger,
  copyOfTestModel,
  modelSettingsFor,
  type OpenedModels,
  openTestModels,
  settledStatus,
} from '../../support/models.ts';
import { until } from '../../support/until.ts';

const background = { priority: 'background' } as const;

describe('models of the configuration', () => {
  const opened: OpenedModels[] = [];
  const open = (settings: ModelSettings, parts: Parameters<typeof openTestModels>[1] = {}) => {
    const models = openTestModels(settings, parts);
    opened.push(models);
    return models;
  };
  const openFolder = (model: string, parts = {}) => open(modelSettingsFor({ embeddings: { model } }), parts);

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((models) => models.close()));
  });

  it('are off where the configuration says none', async () => {
    const { embedder, reranker } = open(modelSettingsFor());
    expect(embedder.status().state).toBe('off');
    expect(reranker.status().state).toBe('off');
    await expect(embedder.embedQuery('海')).rejects.toMatchObject({ code: 'model_unavailable' });
    await expect(reranker.score('海', ['海'])).rejects.toMatchObject({ code: 'model_unavailable' });
  });

  it('embed as the files in a folder say, in a space that names all that makes a vector', async () => {
    const { embedder } = openFolder(writeTestModel('tiny-embed'));
    const question = await embedder.embedQuery('自転車を買った日');
    const [near, far] = await Promise.all(
      ['自転車を買った', '量子力学の講義'].map(
        async (text) => (await embedder.embedDocument(text, background)).vectors[0] ?? [],
      ),
    );
    expect(cosine(question, near ?? [])).toBeGreaterThan(cosine(question, far ?? []));
    expect(embedder.space()).toMatchObject({ dimensions: 32 });
    expect(embedder.space()?.id).toMatch(
      /^tiny-embed@sha256-[0-9a-f]{32}#onnx\/model_quantized\.onnx#q8#content_mean#[0-9a-f]{12}#sentences-256$/,
    );
  });

  it('put a prefix before questions and another before memories, as the files or the settings say', async () => {
    const model = writeTestModel('tiny-embed');
    const prefixes = { queryPrefix: 'q: ', documentPrefix: 'q: ' };
    // Of the poolings, this one lets the prefix show.
    const pooling = 'mean';
    const { embedder: own } = open(modelSettingsFor({ embeddings: { model, pooling } }));
    const { embedder: set } = open(modelSettingsFor({ embeddings: { model, pooling, ...prefixes } }));
    const both = async (embedder: typeof own) => {
      const [document] = (await embedder.embedDocument('海', background)).vectors;
      return cosine(await embedder.embedQuery('海'), document ?? []);
    };
    expect(await both(own)).toBeLessThan(0.99);
    expect(await both(set)).toBeCloseTo(1, 5);
    expect(own.space()?.id).not.toBe(set.space()?.id);
  });

  it('know how long they take to load once they have been loaded on this machine', async () => {
    const settings = modelSettingsFor({ embeddings: { model: writeTestModel('tiny-embed') } });
    const first = open(settings).embedder;
    const loading = first.embedQuery('海');
    expect(first.status()).toEqual({ state: 'loading', model: 'tiny-embed', readyIn: undefined });
    const asked = performance.now();
    await loading;
    const took = performance.now() - asked;

    const second = open(settings);
    second.warm();
    const { state, readyIn } = second.embedder.status();
    expect(state).toBe('loading');
    expect(readyIn).toBeGreaterThan(0);
    expect(readyIn).toBeLessThanOrEqual(took);
    second.pass(60_000);
    expect(second.embedder.status().readyIn).toBe(0);
  });

  it('know their space before they are loaded once they have been loaded on this machine', async () => {
    const settings = modelSettingsFor({ embeddings: { model: writeTestModel('tiny-embed') } });
    const first = open(settings).embedder;
    expect(first.space()).toBeUndefined();
    await first.embedQuery('海');
    expect(open(settings).embedder.space()).toEqual(first.space());
  });

  it('may have their graph beside their tokenizer', async () => {
    const folder = copyOfTestModel('tiny-embed');
    renameSync(join(folder, 'onnx/model_quantized.onnx'), join(folder, 'model_quantized.onnx'));
    const { embedder } = openFolder(folder);
    expect(await embedder.embedQuery('海')).toHaveLength(32);
    expect(embedder.space()?.id).toContain('#model_quantized.onnx#');
  });

  it('tell how they are used', async () => {
    const models = openFolder(copyOfTestModel('tiny-embed', { 'config_sentence_transformers.json': {} }));
    await models.embedder.embedQuery('海');
    expect(models.embeddingConfig()).toMatchObject({ pooling: 'mean', queryPrefix: '', withoutPrefixes: true });
  });

  it('say that they load while they load, and tell when they are ready', async () => {
    let changes = 0;
    const { embedder, warm } = openFolder(writeTestModel('tiny-embed'), { onChange: () => changes++ });
    warm();
    expect(embedder.status()).toEqual({ state: 'loading', model: 'tiny-embed' });
    expect(await settledStatus(embedder)).toEqual({ state: 'ready', model: 'tiny-embed', device: 'cpu' });
    expect(changes).toBe(1);
  });

  it('do not keep a caller that gives up waiting for them', async () => {
    const { embedder } = openFolder(writeTestModel('tiny-embed'));
    const signal = AbortSignal.timeout(1);
    await expect(embedder.embedQuery('海', { priority: 'interactive', signal })).rejects.toThrow(/timeout/);
    expect((await settledStatus(embedder)).state).toBe('ready');
  });

  it('are absent with a reason where the folder holds no model, and there once it does', async () => {
    const folder = join(temporaryFolder(), 'later');
    const { embedder, pass } = openFolder(folder);
    expect(embedder.status()).toMatchObject({
      state: 'absent',
      detail: expect.stringContaining('onnx/model_quantized.onnx'),
    });
    await expect(embedder.embedQuery('海')).rejects.toMatchObject({ code: 'model_unavailable' });
    copyOfTestModel('tiny-embed', {}, folder);
    pass(1_000);
    expect(await embedder.embedQuery('海')).toHaveLength(32);
    expect(embedder.status().state).toBe('ready');
    rmSync(join(folder, 'tokenizer.json'));
    pass(1_000);
    expect(embedder.status().state).toBe('absent');
  });

  it('have failed with a reason where a file is damaged, and recover when it is replaced', async () => {
    const folder = copyOfTestModel('tiny-embed');
    const graph = join(folder, 'onnx/model_quantized.onnx');
    truncateSync(graph, 70_000);
    const { logger, lines } = collectingLogger();
    const { embedder, pass } = openFolder(folder, { logger });
    await expect(embedder.embedQuery('海')).rejects.toMatchObject({ code: 'model_unavailable' });
    expect(embedder.status()).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('model_quantized.onnx cannot be loaded'),
    });
    expect(lines.filter((line) => line.includes('cannot be used'))).toHaveLength(1);

    copyFileSync(join(folder, 'onnx/model.onnx'), `${graph}.new`);
    renameSync(`${graph}.new`, graph);
    pass(1_000);
    expect(await embedder.embedQuery('海')).toHaveLength(32);
    expect(embedder.status().state).toBe('ready');
  });

  it('try again after a while what failed, though nothing has changed', async () => {
    const good = findBundledInference();
    let command = { execPath: process.execPath, args: ['-e', ''] };
    const { embedder, pass } = openFolder(writeTestModel('tiny-embed'), { command: () => command });
    await expect(embedder.embedQuery('海')).rejects.toMatchObject({ code: 'model_unavailable' });
    expect(embedder.status().state).toBe('failed');
    command = { ...good, args: [...good.args] };
    await expect(embedder.embedQuery('海')).rejects.toMatchObject({ code: 'model_unavailable' });
    pass(60_000);
    expect(await embedder.embedQuery('海')).toHaveLength(32);
  });

  it('report a missing runtime', async () => {
    const entry = join(temporaryFolder(), 'inference.cjs');
    copyFileSync(findBundledInference().args[0] ?? '', entry);
    const { embedder } = openFolder(writeTestModel('tiny-embed'), {
      command: () => ({ execPath: process.execPath, args: [entry] }),
    });
    await expect(embedder.embedQuery('海')).rejects.toMatchObject({ code: 'model_unavailable' });
    expect(embedder.status()).toMatchObject({
      state: 'runtime missing',
      detail: expect.stringContaining('onnxruntime-node'),
    });
  });

  it('reload a model in a new space when its files are replaced while it serves', async () => {
    const folder = copyOfTestModel('tiny-embed');
    const { embedder, pass } = openFolder(folder);
    const before = await embedder.embedQuery('海');
    const space = embedder.space()?.id;
    const prompts = { prompts: { query: '', document: '' } };
    copyOfTestModel(
      'tiny-embed',
      { 'config_sentence_transformers.json': prompts, 'sentence_bert_config.json': { max_seq_length: 128 } },
      folder,
    );
    pass(1_000);
    expect(await embedder.embedQuery('海')).not.toEqual(before);
    expect(embedder.space()?.id).not.toBe(space);
    expect(embedder.space()?.id).toContain('sentences-128');
  });

  it('still embed for an older space after the configuration names another model', async () => {
    const settings = modelSettingsFor({ embeddings: { model: copyOfTestModel('tiny-embed'), queryPrefix: 'old: ' } });
    const old = open(settings).embedder;
    const oldVector = await old.embedQuery('海');
    const oldSpace = old.space()?.id ?? '';

    const model = copyOfTestModel('tiny-embed', { '1_Pooling/config.json': { pooling_mode_cls_token: true } });
    const models = open({ ...settings, embeddings: { ...settings.embeddings, model, queryPrefix: undefined } });
    const current = await models.embedder.embedQuery('海');
    expect(models.embedder.space()?.id).not.toBe(oldSpace);
    expect(models.embedderFor(models.embedder.space()?.id ?? '')).toBe(models.embedder);

    const older = models.embedderFor(oldSpace);
    expect(older?.space()).toEqual(old.space());
    expect(await older?.embedQuery('海')).toEqual(oldVector);
    expect(await models.embedder.embedQuery('海')).toEqual(current);
    expect(models.embedderFor('never#seen')).toBeUndefined();
  });

  it('do not embed for an older space with files that are no longer the same', async () => {
    const folder = copyOfTestModel('tiny-embed');
    const settings = modelSettingsFor({ embeddings: { model: folder } });
    const old = open(settings).embedder;
    await old.embedQuery('海');
    const oldSpace = old.space()?.id ?? '';
    copyOfTestModel(
      'tiny-embed',
      { 'tokenizer_config.json': { tokenizer_class: 'PreTrainedTokenizerFast', model_max_length: 512, changed: 1 } },
      folder,
    );
    const models = open({ ...settings, embeddings: { ...settings.embeddings, model: writeTestModel('tiny-embed') } });
    const older = models.embedderFor(oldSpace);
    await expect(older?.embedQuery('海') ?? Promise.reject(new Error('none'))).rejects.toThrow();
  });

  it('rerank', async () => {
    const { reranker } = open(modelSettingsFor({ reranker: writeTestModel('tiny-rerank') }));
    const [near = 0, far = 1] = await reranker.score('自転車を買った日', ['自転車を買った', '猫']);
    expect(near).toBeGreaterThan(far);
    expect(reranker.status()).toEqual({ state: 'ready', model: 'tiny-rerank' });
  });

  it('warn once where a device cannot be used, and work', async () => {
    const { logger, lines } = collectingLogger();
    const { embedder } = open(
      modelSettingsFor({ embeddings: { model: writeTestModel('tiny-embed'), device: 'cuda' } }),
      { logger },
    );
    expect(await embedder.embedQuery('海')).toHaveLength(32);
    await embedder.embedQuery('山');
    expect(lines.filter((line) => line.includes('cuda is not available, so cpu is used'))).toHaveLength(1);
  });

  describe('from the hub', () => {
    const repository = 'someone/tiny-embed';
    let server: HubServer;

    beforeEach(async () => {
      server = await openHubServer({ [repository]: 'tiny-embed', 'someone/tiny-rerank': 'tiny-rerank' });
    });
    afterEach(() => server.close());

    const fromHub = (changes: Parameters<typeof modelSettingsFor>[0] = {}) =>
      modelSettingsFor({
        embeddings: { model: repository },
        downloadMissing: true,
        ...changes,
        hub: { endpoint: server.endpoint, ...changes.hub },
      });

    it('are fetched in the background on the first need, and used once they are there', async () => {
      server.misbehave({ slow: 20 });
      let changes = 0;
      const { embedder } = open(fromHub(), { onChange: () => changes++ });
      expect(embedder.status().state).toBe('absent');
      await expect(embedder.embedQuery('海')).rejects.toMatchObject({
        code: 'model_unavailable',
        message: expect.stringContaining('being downloaded'),
      });
      expect(embedder.status()).toMatchObject({ state: 'downloading', progress: 0 });
      const seen = new Set<number>();
      while (embedder.status().state === 'downloading') {
        seen.add(embedder.status().progress ?? -1);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      expect(seen.size).toBeGreaterThan(2);
      expect(changes).toBe(1);
      expect(await embedder.embedQuery('海')).toHaveLength(32);
      expect(embedder.space()?.id).toMatch(/^someone\/tiny-embed@[0-9a-f]{40}#/);
    });

    it('are used without the hub by the next start, in the same space', async () => {
      const settings = fromHub();
      const first = open(settings);
      first.warm();
      await settledStatus(first.embedder);
      await first.embedder.embedQuery('海');
      const before = server.requests.length;
      const { embedder } = open({ ...settings, hub: { ...settings.hub, offline: true } });
      expect(embedder.status().state).toBe('ready');
      expect(embedder.space()).toEqual(first.embedder.space());
      expect(await embedder.embedQuery('海')).toHaveLength(32);
      expect(server.requests).toHaveLength(before);
    });

    it.each([
      ['where that is not allowed', { downloadMissing: false }, 'model_download is never'],
      ['offline', { hub: { offline: true } }, 'HF_HUB_OFFLINE is set'],
    ])('are not fetched %s, and the status says how to get them', async (_where, changes, reason) => {
      const { embedder, reranker, warm } = open(fromHub({ reranker: 'someone/tiny-rerank', ...changes }));
      warm();
      for (const { status } of [embedder, reranker]) {
        expect(status()).toMatchObject({ state: 'absent', detail: expect.stringContaining(reason) });
        expect(status().detail).toContain('memory-mcp download-models');
      }
      await expect(embedder.embedQuery('海')).rejects.toMatchObject({ code: 'model_unavailable' });
      expect(server.requests).toEqual([]);
    });

    it('say why they could not be fetched, and are tried again later', async () => {
      server.misbehave({ token: 'right' });
      const { embedder, warm, pass } = open(fromHub());
      warm();
      expect(await settledStatus(embedder)).toMatchObject({
        state: 'absent',
        detail: expect.stringContaining('Set HF_TOKEN'),
      });
      server.misbehave({});
      const before = server.requests.length;
      warm();
      expect(server.requests).toHaveLength(before);
      pass(60_000);
      warm();
      expect((await settledStatus(embedder)).state).toBe('ready');
    });

    it('end their download when they are closed', async () => {
      server.misbehave({ slow: 100 });
      const { logger, lines } = collectingLogger();
      const models = open(fromHub(), { logger });
      const before = server.requests.length;
      models.warm();
      await until(() => server.requests.length > before, 'the download begins');
      await models.close();
      // A download that went on would fail within this time, and say so.
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(lines.filter((line) => line.includes('could not'))).toEqual([]);
    });
  });
});
