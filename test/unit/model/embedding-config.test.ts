import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readEmbeddingConfig, readMaxTokens } from '../../../src/model/embedding-config.ts';
import { resolveEmbedder, resolveReranker } from '../../../src/model/model-reference.ts';
import { embeddingPresets } from '../../../src/model/presets.ts';
import { copyOfTestModel } from '../../support/models.ts';

const nothingSet = { queryPrefix: undefined, documentPrefix: undefined, pooling: undefined, dimensions: undefined };
const module = (type: string, path: string) => ({ type: `sentence_transformers.models.${type}`, path });

function readConfig(files: Readonly<Record<string, object | string>>, overrides = {}, without: readonly string[] = []) {
  const folder = copyOfTestModel('tiny-embed', files);
  for (const file of without) rmSync(join(folder, file));
  return readEmbeddingConfig(folder, { ...nothingSet, ...overrides }, undefined);
}

describe('the configuration of an embedding model', () => {
  it('comes from its sentence-transformers files', () => {
    expect(readConfig({})).toEqual({
      pooling: 'content_mean',
      queryPrefix: 'q: ',
      documentPrefix: 'd: ',
      maxTokens: 512,
      dimensions: 32,
      truncated: false,
      withoutPrefixes: false,
    });
    const pooling = (mode: string) => ({
      '1_Pooling/config.json': { [`pooling_mode_${mode}`]: true, pooling_mode_max_tokens: false },
    });
    expect(readConfig(pooling('cls_token'))).toMatchObject({ pooling: 'cls', dimensions: undefined });
    expect(readConfig(pooling('lasttoken'))).toMatchObject({ pooling: 'last_token' });
    const passage = { 'config_sentence_transformers.json': { prompts: { query: 'query: ', passage: 'passage: ' } } };
    expect(readConfig(passage)).toMatchObject({ queryPrefix: 'query: ', documentPrefix: 'passage: ' });
  });

  it('leaves the prompt out of a mean, unless there is none or the files want it in', () => {
    const mean = { pooling_mode_mean_tokens: true };
    const said = (include_prompt: boolean) => ({ '1_Pooling/config.json': { ...mean, include_prompt } });
    expect(readConfig({ '1_Pooling/config.json': mean })).toMatchObject({ pooling: 'content_mean' });
    expect(readConfig(said(false))).toMatchObject({ pooling: 'content_mean' });
    expect(readConfig(said(true))).toMatchObject({ pooling: 'mean' });
    expect(readConfig({ '1_Pooling/config.json': mean, 'config_sentence_transformers.json': {} })).toMatchObject({
      pooling: 'mean',
    });
    expect(readConfig({}, { pooling: 'mean' })).toMatchObject({ pooling: 'mean' });
  });

  it.each(['../elsewhere', '/elsewhere', '1_Pooling/../..'])('is not looked for in %j, outside the model', (path) => {
    const modules = [module('Transformer', ''), module('Pooling', path)];
    expect(() => readConfig({ 'modules.json': modules })).toThrow(/modules\.json names a folder outside the model/);
  });

  it('is overruled by settings, an empty prefix included', () => {
    expect(readConfig({}, { queryPrefix: '', documentPrefix: 'doc: ', pooling: 'cls', dimensions: 16 })).toMatchObject({
      queryPrefix: '',
      documentPrefix: 'doc: ',
      pooling: 'cls',
      dimensions: 16,
      truncated: true,
    });
  });

  it('has no prefixes if none are given, and reports it', () => {
    expect(readConfig({ 'config_sentence_transformers.json': {} })).toMatchObject({
      queryPrefix: '',
      documentPrefix: '',
      withoutPrefixes: true,
    });
    expect(readConfig({ 'config_sentence_transformers.json': {} }, { queryPrefix: '' })).toMatchObject({
      withoutPrefixes: false,
    });
  });

  it('takes the longest input from either file, and 512 where the tokenizer knows no end', () => {
    const length = (files: Readonly<Record<string, object>>) => readMaxTokens(copyOfTestModel('tiny-embed', files));
    expect(length({ 'sentence_bert_config.json': { max_seq_length: 128 } })).toBe(128);
    expect(length({ 'sentence_bert_config.json': {}, 'tokenizer_config.json': { model_max_length: 384 } })).toBe(384);
    expect(length({ 'sentence_bert_config.json': {}, 'tokenizer_config.json': { model_max_length: 1e30 } })).toBe(512);
  });

  it.each<[string, Readonly<Record<string, object | string>>, string[], RegExp]>([
    ['has no word about pooling', {}, ['modules.json'], /do not specify how to pool/],
    [
      'has a module that is not known',
      { 'modules.json': [module('Transformer', ''), module('Pooling', '1_Pooling'), module('Dense', '2_Dense')] },
      [],
      /asks for Dense/,
    ],
    [
      'pools in a way that is not known',
      { '1_Pooling/config.json': { pooling_mode_max_tokens: true } },
      [],
      /pooling_mode_max_tokens/,
    ],
    [
      'pools in two ways at once',
      { '1_Pooling/config.json': { pooling_mode_mean_tokens: true, pooling_mode_cls_token: true } },
      [],
      /mean_tokens \+ pooling_mode_cls/,
    ],
    [
      'leaves its prompt out of another pooling than the mean',
      { '1_Pooling/config.json': { pooling_mode_cls_token: true, include_prompt: false } },
      [],
      /excludes the prompt/,
    ],
  ])('names the setting where a model %s', (_what, files, without, message) => {
    const attempt = () => readConfig(files, {}, without);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.objectContaining({ hint: expect.stringContaining('embeddings_pooling') }));
    expect(readConfig(files, { pooling: 'mean' }, without).pooling).toBe('mean');
  });

  it('names the file that is no JSON', () => {
    expect(() => readConfig({ 'modules.json': '[' })).toThrow(/modules\.json cannot be read/);
  });

  it('of a preset needs no files', () => {
    const preset = embeddingPresets['cl-nagoya/ruri-v3-30m'];
    expect(readEmbeddingConfig('/nowhere', nothingSet, preset)).toMatchObject({
      pooling: 'mean',
      dimensions: 256,
      queryPrefix: '検索クエリ: ',
      documentPrefix: '検索文書: ',
      maxTokens: 8192,
      truncated: false,
    });
  });
});

describe('the name of a model', () => {
  const folder = '/cache';

  it('resolves to a preset, whose files may be in another repository', () => {
    expect(resolveEmbedder('cl-nagoya/ruri-v3-30m', 'q8', folder)).toMatchObject({
      name: 'cl-nagoya/ruri-v3-30m',
      place: {
        folder: join(folder, 'sirasagi62', 'ruri-v3-30m-ONNX'),
        graphs: ['onnx/model_quantized.onnx', 'model_quantized.onnx'],
        source: { repository: 'sirasagi62/ruri-v3-30m-ONNX' },
      },
    });
  });

  it('means a repository of the hub, a folder, or nothing', () => {
    expect(resolveEmbedder('org/name', 'fp32', folder)?.place).toMatchObject({
      folder: join(folder, 'org', 'name'),
      graphs: ['onnx/model.onnx', 'model.onnx'],
    });
    expect(resolveEmbedder('/models/mine', 'q8', folder)).toMatchObject({
      name: 'mine',
      place: { folder: '/models/mine', source: undefined },
    });
    expect(resolveEmbedder('none', 'q8', folder)).toBeUndefined();
    expect(resolveReranker('none', folder, 'x64')).toBeUndefined();
  });

  it('means the graph of a reranker that fits the processor', () => {
    const graphs = (architecture: string) =>
      resolveReranker('hotchpotch/japanese-reranker-xsmall-v2', folder, architecture)?.place.graphs;
    expect(graphs('x64')).toEqual(['onnx/model_qint8_avx2.onnx']);
    expect(graphs('arm64')).toEqual(['onnx/model_qint8_arm64.onnx']);
    expect(graphs('riscv64')).toEqual(['onnx/model.onnx']);
    expect(resolveReranker('/models/mine', folder, 'x64')?.place.graphs[0]).toBe('onnx/model_quantized.onnx');
  });

  it.each(['bare-name', '../up/and/away', 'a/b/c', 'org/..', 'org/con', 'nul/name', 'org/name.', './models', ''])(
    'is refused where it is %j',
    (model) => {
      expect(() => resolveEmbedder(model, 'q8', folder)).toThrow(
        expect.objectContaining({ code: 'invalid_input', message: expect.stringContaining('embeddings_model') }),
      );
    },
  );
});
