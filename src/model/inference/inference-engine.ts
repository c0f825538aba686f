/**
 * What the inference process does with a request: finds or loads the model, cuts, runs, pools, scores. Each step of
 * the generators is short enough to wait for; whoever drives them decides what comes next. Keeps the few models that
 * were used last, so that an old and a new embedder and a reranker can serve side by side.
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
  /** Called before each step that could end the process: it loads a model, or runs one on a text. */
  readonly onWorking: (work: InferenceWork, on: 'model' | 'text') => void;
}

const modelsKept = 3;
/** With less room than this beside its prefix a model would see nothing but the prefix. */
const shortestChunk = 16;
/** Texts are shortened to this many characters per token before their tokens are counted. */
const charactersPerToken = 16;

export function createInferenceEngine({ load, onWorking }: InferenceEngineDeps): {
  steps(work: InferenceWork): Steps;
} {
  const loaded = new Map<string, Promise<OnnxModel>>();

  /** Asked for at each step, because between two steps the model may have made way for another. */
  const ready = async (work: InferenceWork): Promise<OnnxModel> => {
    const { model } = work;
    const key = JSON.stringify([model.folder, model.file, model.stamp, model.device, model.threads]);
    if (!loaded.has(key)) onWorking(work, 'model');
    const found = loaded.get(key) ?? load(model);
    loaded.delete(key);
    loaded.set(key, found);
    try {
      const runnable = await found;
      await forgetOldest();
      return runnable;
    } catch (error) {
      loaded.delete(key);
      throw error;
    }
  };
  const forgetOldest = async () => {
    const [oldest] = loaded;
    if (oldest === undefined || loaded.size <= modelsKept) return;
    loaded.delete(oldest[0]);
    await (await oldest[1]).dispose();
  };

  async function* loadEmbedder(work: Extract<InferenceWork, { type: 'load' }>): Steps {
    const { model } = work;
    const runnable = await ready(work);
    yield;
    const vector = await asModelFault(model, () => embedWhole(runnable, model, { prefix: '', text: 'memory' }));
    return finished(runnable, [vector], 0);
  }

  async function* loadReranker(work: Extract<InferenceWork, { type: 'load-reranker' }>): Steps {
    const runnable = await ready(work);
    yield;
    const score = await asModelFault(work.model, () => scorePair(runnable, 'memory', 'memory'));
    return finished(runnable, [Float32Array.of(score)], 0);
  }

  async function* embed(work: Extract<InferenceWork, { type: 'embed' }>): Steps {
    const { model, text, prefix } = work;
    const tokenizing = await ready(work);
    onWorking(work, 'text');
    const chunks = yield* planChunks(text, tokenBudget(tokenizing, model, prefix));
    const vectors: Float32Array[] = [];
    let embeddedCharacters = 0;
    for (const chunk of chunks.slice(0, chunkLimit)) {
      const runnable = await ready(work);
      onWorking(work, 'text');
      vectors.push(await embedWhole(runnable, model, { prefix, text: chunk }));
      embeddedCharacters += chunk.length;
      yield;
    }
    const wanted = work.as === 'one' && vectors.length > 1 ? [meanVector(vectors)] : vectors;
    return finished(tokenizing, wanted, embeddedCharacters);
  }

  async function* rerank(work: Extract<InferenceWork, { type: 'rerank' }>): Steps {
    const { model, texts } = work;
    const reading = await ready(work);
    const beginning = (text: string, fits: (text: string) => boolean) =>
      truncateToFit(text.slice(0, model.maxTokens * charactersPerToken), fits);
    const query = beginning(work.query, (text) => reading.countTokens(text) <= model.maxTokens / 2);
    const scores = new Float32Array(texts.length);
    for (const [index, text] of texts.entries()) {
      const runnable = await ready(work);
      onWorking(work, 'text');
      const shortened = beginning(text, (part) => runnable.countTokens(query, part) <= model.maxTokens);
      scores[index] = await scorePair(runnable, query, shortened);
      yield;
    }
    return finished(
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

function tokenBudget(runnable: OnnxModel, model: EmbeddingModel, prefix: string): TokenBudget {
  const around = runnable.countTokens(prefix);
  const limit = tokensPerChunk(model.maxTokens) - around;
  if (limit < shortestChunk) {
    throw new InferenceError('model', `The prefix ${JSON.stringify(prefix)} leaves no room for text in ${model.file}`);
  }
  return { limit, count: (text) => runnable.countTokens(prefix + text) - around };
}

async function embedWhole(
  runnable: OnnxModel,
  { pooling, dimensions }: EmbeddingModel,
  { prefix, text }: { prefix: string; text: string },
): Promise<Float32Array> {
  const output = await runnable.run(outputNames(pooling), prefix + text);
  const content = pooling === 'content_mean' ? runnable.textTokenRange(prefix, text) : undefined;
  return pool(output, { pooling, dimensions, content });
}

/** A cross-encoder's single logit as a probability. */
async function scorePair(runnable: OnnxModel, query: string, text: string): Promise<number> {
  const { data } = await runnable.run(['logits'], query, text);
  const [logit, second] = data;
  if (logit === undefined || second !== undefined) {
    throw new InferenceError('model', `A reranker gives one score per pair, this one gives ${data.length}`);
  }
  return 1 / (1 + Math.exp(-logit));
}

/** A model that cannot do its first text can do none. */
async function asModelFault<T>(model: InferenceModel, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw error instanceof InferenceError ? error : new InferenceError('model', `${model.file}: ${reasonOf(error)}`);
  }
}

function finished(runnable: OnnxModel, rows: readonly Float32Array[], embeddedCharacters: number): Finished {
  const dimensions = rows[0]?.length ?? 0;
  const numbers = new Float32Array(rows.length * dimensions);
  for (const [index, row] of rows.entries()) numbers.set(row, index * dimensions);
  return { result: { dimensions, embeddedCharacters, device: runnable.device, warning: runnable.warning }, numbers };
}
