/**
 * Executes requests in the inference process: loads the model, splits texts into chunks, runs the model, and pools or
 * scores its output. Requests are generators with short steps, so the caller can interleave them. The models that a
 * server has used most recently stay loaded: enough for an old embedder, a new embedder and a reranker. That never is
 * more than processes of their own would hold, and servers with different models do not unload each other's.
 */
import { reasonOf } from '../../core/errors.ts';
import { chunkLimit, planChunks, type TokenBudget, tokensPerChunk, truncateToFit } from '../chunks.ts';
import { batchLimit, planBatches } from './batches.ts';
import { InferenceError } from './inference-client.ts';
import type { EmbeddingModel, InferenceModel, InferenceResult, InferenceWork } from './inference-protocol.ts';
import type { ModelInput, ModelOutput, OnnxModel } from './onnx-model.ts';
import { meanVector, outputNames, pool } from './pooling.ts';

export interface Finished {
  readonly result: InferenceResult;
  readonly numbers: Float32Array;
}

interface Runs {
  /** Of the output that is wanted, the first that the graph has. */
  readonly names: readonly string[];
  readonly inputs: readonly ModelInput[];
  readonly work: InferenceWork;
  readonly from: number;
}

type Steps = AsyncGenerator<void, Finished>;

export interface InferenceEngineDeps {
  readonly load: (model: InferenceModel) => Promise<OnnxModel>;
  /** Called before each step that could crash the process: loading a model or running it on a text. */
  readonly onWorking: (work: InferenceWork, on: 'model' | 'text') => void;
  /** How many tokens go into one run. `batches.ts` decides, unless a test does. */
  readonly limitFor?: typeof batchLimit;
}

const modelsPerServer = 3;
/** With fewer tokens per chunk, a model would see little more than the prefix. */
const minimumChunkTokens = 16;
/** Texts are truncated to this many characters per token before their tokens are counted. */
const maximumCharactersPerToken = 16;

export function createInferenceEngine({ load, onWorking, limitFor = batchLimit }: InferenceEngineDeps): {
  /** `from` is the server that asks. */
  steps(work: InferenceWork, from: number): Steps;
  /** Unloads what only this server has used. A step like those of work: no other one may run meanwhile. */
  forget(from: number): AsyncGenerator<void, void>;
} {
  const loaded = new Map<string, Promise<OnnxModel>>();
  /** The keys of the models that each server has used, the most recent one last. */
  const used = new Map<number, readonly string[]>();

  /** Called before each step, because the model may have been unloaded since the last one. */
  const acquire = async (work: InferenceWork, from: number): Promise<OnnxModel> => {
    const { model } = work;
    const key = keyOf(model);
    if (isOnlyIfLoaded(work)) {
      const onnxModel = await loaded.get(key);
      if (onnxModel === undefined) throw new InferenceError('not loaded', `The model ${model.file} is not loaded`);
      return onnxModel;
    }
    if (!loaded.has(key)) onWorking(work, 'model');
    const found = loaded.get(key) ?? load(model);
    loaded.set(key, found);
    try {
      const onnxModel = await found;
      const others = (used.get(from) ?? []).filter((other) => other !== key);
      used.set(from, [...others, key].slice(-modelsPerServer));
      await unloadUnused();
      return onnxModel;
    } catch (error) {
      loaded.delete(key);
      throw error;
    }
  };
  const unloadUnused = async () => {
    const kept = new Set([...used.values()].flat());
    for (const [key, found] of [...loaded]) {
      if (kept.has(key)) continue;
      loaded.delete(key);
      // A runtime that cannot free a model must not fail the work of others.
      await found.then((onnxModel) => onnxModel.dispose()).catch(() => {});
    }
  };

  async function* loadEmbedder(work: Extract<InferenceWork, { type: 'load' }>, from: number): Steps {
    const { model } = work;
    const freshlyLoaded = !loaded.has(keyOf(model));
    const onnxModel = await acquire(work, from);
    yield;
    const vector = await withModelErrors(model, () => embedChunk(onnxModel, model, { prefix: '', text: 'memory' }));
    const { result, numbers } = toFinished(onnxModel, [vector], 0);
    return { result: { ...result, freshlyLoaded }, numbers };
  }

  async function* loadReranker(work: Extract<InferenceWork, { type: 'load-reranker' }>, from: number): Steps {
    const onnxModel = await acquire(work, from);
    yield;
    const score = await withModelErrors(work.model, () => scorePair(onnxModel, 'memory', 'memory'));
    return toFinished(onnxModel, [Float32Array.of(score)], 0);
  }

  async function* embed(work: Extract<InferenceWork, { type: 'embed' }>, from: number): Steps {
    const { model, text } = work;
    const freshlyLoaded = !loaded.has(keyOf(model));
    const chunks = yield* chunksOf(text, work, from);
    const vectors = yield* embedChunks(chunks, work, from);
    const result = work.as === 'one' && vectors.length > 1 ? [meanVector(vectors)] : vectors;
    const finished = toFinished(await acquire(work, from), result, countCharacters(chunks));
    return { ...finished, result: { ...finished.result, freshlyLoaded } };
  }

  async function* embedTogether(work: Extract<InferenceWork, { type: 'embed-together' }>, from: number): Steps {
    const freshlyLoaded = !loaded.has(keyOf(work.model));
    const texts: (readonly string[])[] = [];
    for (const text of work.texts) texts.push(yield* chunksOf(text, work, from));
    const chunks = texts.flat();
    const vectors = yield* embedChunks(chunks, work, from);
    const finished = toFinished(await acquire(work, from), vectors, countCharacters(chunks));
    const perText = texts.map((own) => ({ rows: own.length, embeddedCharacters: countCharacters(own) }));
    return { ...finished, result: { ...finished.result, perText, freshlyLoaded } };
  }

  async function* chunksOf(
    text: string,
    work: Extract<InferenceWork, { type: 'embed' | 'embed-together' }>,
    from: number,
  ): AsyncGenerator<void, readonly string[]> {
    const onnxModel = await acquire(work, from);
    onWorking(work, 'text');
    const chunks = yield* planChunks(text, createTokenBudget(onnxModel, work.model, work.prefix));
    return chunks.slice(0, chunkLimit);
  }

  async function* embedChunks(
    chunks: readonly string[],
    work: Extract<InferenceWork, { type: 'embed' | 'embed-together' }>,
    from: number,
  ): AsyncGenerator<void, readonly Float32Array[]> {
    const { model, prefix } = work;
    const inputs = chunks.map((chunk) => ({ text: prefix + chunk }));
    const vectors = new Map<number, Float32Array>();
    yield* runInBatches({ names: outputNames(model.pooling), inputs, work, from }, (index, output, onnxModel) =>
      vectors.set(index, poolChunk(onnxModel, model, { prefix, text: chunks[index] ?? '', output })),
    );
    return chunks.flatMap((_, index) => vectors.get(index) ?? []);
  }

  /**
   * Runs the graph on all inputs, a batch in each step, and hands on each output. They may come in another order. What
   * does not run as a batch runs text by text.
   */
  async function* runInBatches(
    { names, inputs, work, from }: Runs,
    take: (index: number, output: ModelOutput, onnxModel: OnnxModel) => void,
  ): AsyncGenerator<void, void> {
    const { device, countTokens } = await acquire(work, from);
    const limit = limitFor({ device, file: work.model.file });
    const lengths = inputs.map(({ text, pair }) => (limit === undefined ? 0 : countTokens(text, pair)));
    for (const batch of planBatches(lengths, limit)) {
      const whole = batch.length > 1 && (await runTogether({ names, inputs, work, from }, batch, take));
      if (whole) yield;
      for (const index of whole ? [] : batch) {
        const input = inputs[index];
        if (input === undefined) continue;
        const onnxModel = await acquire(work, from);
        onWorking(work, 'text');
        take(index, await onnxModel.run(names, input.text, input.pair), onnxModel);
        yield;
      }
    }
  }

  /** False if a batch is too much: the card has room for single texts alone, or the CPU has taken its place meanwhile. */
  async function runTogether(
    { names, inputs, work, from }: Runs,
    batch: readonly number[],
    take: (index: number, output: ModelOutput, onnxModel: OnnxModel) => void,
  ): Promise<boolean> {
    const onnxModel = await acquire(work, from);
    if (limitFor({ device: onnxModel.device, file: work.model.file }) === undefined) return false;
    onWorking(work, 'text');
    const chosen = batch.flatMap((index) => inputs[index] ?? []);
    let outputs: readonly ModelOutput[];
    try {
      outputs = await onnxModel.runTogether(names, chosen);
    } catch (error) {
      if (error instanceof InferenceError) throw error;
      return false;
    }
    for (const [position, output] of outputs.entries()) take(batch[position] ?? 0, output, onnxModel);
    return true;
  }

  async function* rerank(work: Extract<InferenceWork, { type: 'rerank' }>, from: number): Steps {
    const { model, texts } = work;
    const reading = await acquire(work, from);
    const truncate = (text: string, fits: (text: string) => boolean) =>
      truncateToFit(text.slice(0, model.maxTokens * maximumCharactersPerToken), fits);
    const query = truncate(work.query, (text) => reading.countTokens(text) <= model.maxTokens / 2);
    const inputs: ModelInput[] = [];
    for (const text of texts) {
      onWorking(work, 'text');
      const pair = truncate(text, (part) => reading.countTokens(query, part) <= model.maxTokens);
      inputs.push({ text: query, pair });
      yield;
    }
    const scores = new Float32Array(texts.length);
    yield* runInBatches({ names: ['logits'], inputs, work, from }, (index, output) => {
      scores[index] = scoreOf(output);
    });
    return toFinished(
      reading,
      [...scores].map((score) => Float32Array.of(score)),
      0,
    );
  }

  return {
    steps: (work, from) => {
      switch (work.type) {
        case 'load':
          return loadEmbedder(work, from);
        case 'load-reranker':
          return loadReranker(work, from);
        case 'embed':
          return embed(work, from);
        case 'embed-together':
          return embedTogether(work, from);
        case 'rerank':
          return rerank(work, from);
      }
    },
    forget: async function* (from) {
      used.delete(from);
      await unloadUnused();
      yield;
    },
  };
}

function isOnlyIfLoaded(work: InferenceWork): boolean {
  return work.type === 'embed' && work.onlyIfLoaded === true;
}

const keyOf = ({ folder, file, stamp, device, threads }: InferenceModel): string =>
  JSON.stringify([folder, file, stamp, device, threads]);

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
  model: EmbeddingModel,
  { prefix, text }: { prefix: string; text: string },
): Promise<Float32Array> {
  const output = await onnxModel.run(outputNames(model.pooling), prefix + text);
  return poolChunk(onnxModel, model, { prefix, text, output });
}

function poolChunk(
  onnxModel: OnnxModel,
  { pooling, dimensions }: EmbeddingModel,
  { prefix, text, output }: { prefix: string; text: string; output: ModelOutput },
): Float32Array {
  const content = pooling === 'content_mean' ? onnxModel.textTokenRange(prefix, text) : undefined;
  return pool(output, { pooling, dimensions, content });
}

/** Returns the single logit of a cross-encoder as a probability. */
async function scorePair(onnxModel: OnnxModel, query: string, text: string): Promise<number> {
  return scoreOf(await onnxModel.run(['logits'], query, text));
}

function scoreOf({ data }: ModelOutput): number {
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

function countCharacters(chunks: readonly string[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

function toFinished(onnxModel: OnnxModel, rows: readonly Float32Array[], embeddedCharacters: number): Finished {
  const dimensions = rows[0]?.length ?? 0;
  const numbers = new Float32Array(rows.length * dimensions);
  for (const [index, row] of rows.entries()) numbers.set(row, index * dimensions);
  return { result: { dimensions, embeddedCharacters, device: onnxModel.device, warning: onnxModel.warning }, numbers };
}
