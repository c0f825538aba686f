/**
 * Writes the two models that the tests run on: an embedding model and a cross-encoder of 130 kB, each a folder as
 * the hub would serve it, loaded by the code that loads the real ones. The bytes are the same on every run. Benchmarks
 * have an embedding model whose vectors are as long as a real one's.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { maxTokens, tokenIds, tokenizerConfig, tokenizerJson, vocabularySize } from './byte-tokenizer.ts';
import { onnxModel } from './onnx-file.ts';
import { embedderGraph, hiddenSizes, rerankerGraph } from './tiny-graphs.ts';

export type TestModel = keyof typeof hiddenSizes;

/** Where the repository keeps what scripts make. Ignored by git. */
export const testModelsFolder = join(import.meta.dirname, '../../.cache/models');

/** Writes the model below `parent` where it is not there already, and returns its folder. */
export function writeTestModel(model: TestModel, parent = testModelsFolder): string {
  const folder = join(parent, model);
  for (const [path, bytes] of Object.entries(testModelFiles(model))) writeIfDifferent(join(folder, path), bytes);
  return folder;
}

/** The files of the model by path. */
export function testModelFiles(model: TestModel): Record<string, Uint8Array> {
  const graph = onnxModel(model === 'tiny-rerank' ? rerankerGraph() : embedderGraph(hiddenSizes[model]));
  const files = {
    'config.json': json(modelConfig(model)),
    'tokenizer.json': json(tokenizerJson()),
    'tokenizer_config.json': json(tokenizerConfig()),
    'onnx/model.onnx': graph,
    // Not quantised: the same graph under the name that dtype q8 asks for.
    'onnx/model_quantized.onnx': graph,
  };
  return model === 'tiny-rerank' ? files : { ...files, ...sentenceTransformersFiles(hiddenSizes[model]) };
}

/** One hash over all paths and contents, for the test that no run differs from another. */
export function testModelHash(model: TestModel): string {
  const hash = createHash('sha256');
  for (const [path, bytes] of Object.entries(testModelFiles(model)).sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

function modelConfig(model: TestModel): object {
  const reranks = model === 'tiny-rerank';
  return {
    model_type: 'modernbert',
    architectures: [reranks ? 'ModernBertForSequenceClassification' : 'ModernBertModel'],
    hidden_size: hiddenSizes[model],
    vocab_size: vocabularySize,
    num_hidden_layers: 1,
    num_attention_heads: 1,
    max_position_embeddings: maxTokens,
    pad_token_id: tokenIds.pad,
    bos_token_id: tokenIds.begin,
    eos_token_id: tokenIds.end,
    ...(reranks ? { id2label: { 0: 'LABEL_0' }, label2id: { LABEL_0: 0 } } : {}),
  };
}

function sentenceTransformersFiles(hiddenSize: number): Record<string, Uint8Array> {
  const modules = ['Transformer', 'Pooling', 'Normalize'].map((name, index) => ({
    idx: index,
    name: String(index),
    path: index === 0 ? '' : `${index}_${name}`,
    type: `sentence_transformers.models.${name}`,
  }));
  return {
    'modules.json': json(modules),
    '1_Pooling/config.json': json({
      word_embedding_dimension: hiddenSize,
      pooling_mode_cls_token: false,
      pooling_mode_mean_tokens: true,
      pooling_mode_max_tokens: false,
      pooling_mode_mean_sqrt_len_tokens: false,
    }),
    'config_sentence_transformers.json': json({
      prompts: { query: 'q: ', document: 'd: ' },
      default_prompt_name: null,
      similarity_fn_name: 'cosine',
    }),
    'sentence_bert_config.json': json({ max_seq_length: maxTokens, do_lower_case: false }),
  };
}

function json(value: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** Tests run side by side and share the folder: a file is replaced whole or left alone. */
function writeIfDifferent(path: string, bytes: Uint8Array): void {
  if (sameContent(path, bytes)) return;
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  writeFileSync(temporary, bytes);
  renameSync(temporary, path);
}

function sameContent(path: string, bytes: Uint8Array): boolean {
  try {
    return readFileSync(path).equals(bytes);
  } catch {
    return false;
  }
}
