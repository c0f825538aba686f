/**
 * Executes requests in the inference process: loads the model, splits texts into chunks, runs the model, and pools or
 * scores its output. Requests are generators with short steps, so the caller can interleave them. The most recently
 * used models stay loaded: enough for an old embedder, a new embedder and a reranker.
 */
import { reasonOf } from '../../core/errors.ts';
import { chunkLimit, planChunks, type TokenBudget, tokensPerChunk, truncateToFit } from '../chunks.ts';
import { InferenceError } from './inference-client.ts';
import type { EmbeddingModel, InferenceModel, InferenceResult, InferenceWork } from './inference-protocol.ts';
import type { OnnxModel } from './onnx-model.ts';
import { meanVector, outputNames, pool } from './pooling.ts';

export interface Finished {
  readonly result: InferenceResult;
  readonly numbers: Float32Array;
}

type Steps = AsyncGenerator<void, Finished>;

export interface InferenceEngineDeps {
  readonly load: (model: InferenceModel) => Promise<OnnxModel>;
  /** Called before each step that could crash the process: loading a model or running it on a text. */
  readonly onWorking: (work: InferenceWork, on: 'model' | 'text') => void;
}

const maximumModels = 3;
/** With fewer tokens per chunk, a model would see little more than the prefix. */
const minimumChunkTokens = 16;
/** Texts are truncated to this many characters per token before their tokens are counted. */
const maximumCharactersPerToken = 16;

export function createInferenceEngine({ load, onWorking }: InferenceEngineDeps): {
  steps(work: InferenceWork): Steps;
} {
  const loaded = new Map<string, Promise<OnnxModel>>();

  /** Called before each step, because the model may have been unloaded since the last one. */
  const acquire = async (work: InferenceWork): Promise<OnnxModel> => {
    const { model } = work;
    const key = JSON.stringify([model.folder, model.file, model.stamp, model.device, model.threads]);
    if (!loaded.has(key)) onWorking(work, 'model');
    const found = loaded.get(key) ?? load(model);
    loaded.delete(key);
    loaded.set(key, found);
    try {
      const onnxModel = await found;
      await unloadOldest();
      return onnxModel;
    } catch (error) {
      loaded.delete(key);
      throw error;
    }
  };
  const unloadOldest = async () => {
    const [oldest] = loaded;
    if (oldest === undefined || loaded.size <= maximumModels) return;
    loaded.delete(oldest[0]);
    await (await oldest[1]).dispose();
  };

  async function* loadEmbedder(work: Extract<InferenceWork, { type: 'load' }>): Steps {
    const { model } = work;
    const onnxModel = await acquire(work);
    yield;
    const vector = await withModelErrors(model, () => embedChunk(onnxModel, model, { prefix: '', text: 'memory' }));
    return toFinished(onnxModel, [vector], 0);
  }

  async function* loadReranker(work: Extract<InferenceWork, { type: 'load-reranker' }>): Steps {
    const onnxModel = await acquire(work);
    yield;
    const score = await withModelErrors(work.model, () => scorePair(onnxModel, 'memory', 'memory'));
    return toFinished(onnxModel, [Float32Array.of(score)], 0);
  }

  async function* embed(work: Extract<InferenceWork, { type: 'embed' }>): Steps {
    const { model, text, prefix } = work;
    const tokenizing = await acquire(work);
    onWorking(work, 'text');
    const chunks = yield* planChunks(text, createTokenBudget(tokenizing, model, prefix));
    const vectors: Float32Array[] = [];
    let embeddedCharacters = 0;
    for (const chunk of chunks.slice(0, chunkLimit)) {
      const onnxModel = await acquire(work);
      onWorking(work, 'text');
      vectors.push(await embedChunk(onnxModel, model, { prefix, text: chunk }));
      embeddedCharacters += chunk.length;
      yield;
    }
    const result = work.as === 'one' && vectors.length > 1 ? [meanVector(vectors)] : vectors;
    return toFinished(tokenizing, result, embeddedCharacters);
  }

  async function* rerank(work: Extract<InferenceWork, { type: 'rerank' }>): Steps {
    const { model, texts } = work;
    const reading = await acquire(work);
    const truncate = (text: string, fits: (text: string) => boolean) =>
      truncateToFit(text.slice(0, model.maxTokens * maximumCharactersPerToken), fits);
    const query = truncate(work.query, (text) => reading.countTokens(text) <= model.maxTokens / 2);
    const scores = new Float32Array(texts.length);
    for (const [index, text] of texts.entries()) {
      const onnxModel = await acquire(work);
      onWorking(work, 'text');
      const shortened = truncate(text, (part) => onnxModel.countTokens(query, part) <= model.maxTokens);
      scores[index] = await scorePair(onnxModel, query, shortened);
      yield;
    }
    return toFinished(
      reading,
      [...scores].map((score) => Float32Array.of(score)),
      0,
    );
  }

  return {
    steps: (work) => {
      switch (work.type) {
        case 'load':
          return loadEmbedder(work);
        case 'load-reranker':
          return loadReranker(work);
        case 'embed':
          return embed(work);
        case 'rerank':
          return rerank(work);
      }
    },
  };
}

function createTokenBudget(onnxModel: OnnxModel, model: EmbeddingModel, prefix: string): TokenBudget {
  const overhead = onnxModel.countTokens(prefix);
  const limit = tokensPerChunk(model.maxTokens) - overhead;
  if (limit < minimumChunkTokens) {
    throw new InferenceError(
      'model',
      `The prefix ${JSON.stringify(prefix)} is too long for ${model.file}: it leaves no room for text`,
    );
  }
  return { limit, count: (text) => onnxModel.countTokens(prefix + text) - overhead };
}

async function embedChunk(
  onnxModel: OnnxModel,
  { pooling, dimensions }: EmbeddingModel,
  { prefix, text }: { prefix: string; text: string },
): Promise<Float32Array> {
  const output = await onnxModel.run(outputNames(pooling), prefix + text);
  const content = pooling === 'content_mean' ? onnxModel.textTokenRange(prefix, text) : undefined;
  return pool(output, { pooling, dimensions, content });
}

/** Returns the single logit of a cross-encoder as a probability. */
async function scorePair(onnxModel: OnnxModel, query: string, text: string): Promise<number> {
  const { data } = await onnxModel.run(['logits'], query, text);
  const [logit, second] = data;
  if (logit === undefined || second !== undefined) {
    throw new InferenceError('model', `A reranker must return one score per pair, but this one returns ${data.length}`);
  }
  return 1 / (1 + Math.exp(-logit));
}

/** Errors with the first text are errors of the model: it cannot process any text. */
async function withModelErrors<T>(model: InferenceModel, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw error instanceof InferenceError ? error : new InferenceError('model', `${model.file}: ${reasonOf(error)}`);
  }
}

function toFinished(onnxModel: OnnxModel, rows: readonly Float32Array[], embeddedCharacters: number): Finished {
  const dimensions = rows[0]?.length ?? 0;
  const numbers = new Float32Array(rows.length * dimensions);
  for (const [index, row] of rows.entries()) numbers.set(row, index * dimensions);
  return { result: { dimensions, embeddedCharacters, device: onnxModel.device, warning: onnxModel.warning }, numbers };
}
