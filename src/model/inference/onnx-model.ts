/**
 * An ONNX model with its tokenizer. The only file that uses transformers.js, and through it ONNX Runtime. Which texts
 * share a run is decided in `batches.ts`.
 */
import { join } from 'node:path';
import type { PreTrainedModel, PreTrainedTokenizer, Tensor } from '@huggingface/transformers';
import { reasonOf } from '../../core/errors.ts';
import { InferenceError } from './inference-client.ts';
import type { InferenceModel } from './inference-protocol.ts';

export interface ModelInput {
  readonly text: string;
  readonly pair?: string | undefined;
}

/** A float32 output tensor of the graph for one text. */
export interface ModelOutput {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** Rows of an output tensor. `end` is exclusive. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

export interface OnnxModel {
  /** The device that serves. It becomes the CPU when a run fails on another one. */
  readonly device: string;
  /** Why that is not the requested device. */
  readonly warning: string | undefined;
  /** The number of input tokens, including special tokens. */
  countTokens(text: string, pair?: string): number;
  /** The rows of `run(names, prefix + text)` that are tokens of `text`, without prefix and special tokens. */
  textTokenRange(prefix: string, text: string): RowRange;
  /** Runs the graph on a text or a pair. Returns the first of the named outputs that the graph has. */
  run(names: readonly string[], text: string, pair?: string): Promise<ModelOutput>;
  /**
   * Runs the graph once on several texts or pairs. Returns for each what `run` would, without the padding. Rejects where
   * that is too much for the device, which is kept: single texts may still run on it.
   */
  runTogether(names: readonly string[], inputs: readonly ModelInput[]): Promise<ModelOutput[]>;
  dispose(): Promise<void>;
}

type Transformers = typeof import('@huggingface/transformers');

/** Loads a model from its files. Rejects with `runtime missing` or `model`. Never accesses the network. */
export async function loadOnnxModel(model: InferenceModel): Promise<OnnxModel> {
  const transformers = await importTransformers();
  transformers.env.allowRemoteModels = false;
  transformers.env.useFSCache = false;
  // Its messages contain input texts, and the output of this process is discarded anyway.
  transformers.env.logLevel = transformers.LogLevel.NONE;
  try {
    const tokenizer = await transformers.AutoTokenizer.from_pretrained(model.folder);
    return wrapModel(tokenizer, await loadGraph(transformers, model), () => loadGraphOn(transformers, model, 'cpu'));
  } catch (error) {
    throw new InferenceError('model', `${join(model.folder, model.file)} cannot be loaded: ${reasonOf(error)}`);
  }
}

async function importTransformers(): Promise<Transformers> {
  try {
    return await import('@huggingface/transformers');
  } catch (error) {
    throw new InferenceError('runtime missing', `onnxruntime-node cannot be loaded: ${firstLine(reasonOf(error))}`);
  }
}

interface LoadedGraph {
  readonly graph: PreTrainedModel;
  readonly device: string;
  readonly warning: string | undefined;
}

async function loadGraph(transformers: Transformers, model: InferenceModel): Promise<LoadedGraph> {
  const load = (device: string) => loadGraphOn(transformers, model, device);
  if (model.device === 'cpu') return { graph: await load('cpu'), device: 'cpu', warning: undefined };
  try {
    return { graph: await load(model.device), device: model.device, warning: undefined };
  } catch (error) {
    const graph = await load('cpu');
    return {
      graph,
      device: 'cpu',
      warning: `${model.device} is not available, so cpu is used: ${firstLine(reasonOf(error))}`,
    };
  }
}

function loadGraphOn(transformers: Transformers, model: InferenceModel, device: string): Promise<PreTrainedModel> {
  const parts = model.file.replace(/\.onnx$/, '').split('/');
  const stem = parts.pop() ?? '';
  const [provider = device, deviceId] = device.split(':');
  return transformers.AutoModel.from_pretrained(model.folder, {
    subfolder: parts.join('/'),
    model_file_name: stem,
    // "fp32" adds no suffix to the file name. `model.file` is already the full name, for any dtype.
    dtype: 'fp32',
    // The type lists only known names. ONNX Runtime validates the execution provider.
    device: provider as 'cpu',
    session_options: {
      // The type knows the options of each provider by its literal name only.
      ...(deviceId !== undefined && { executionProviders: [{ name: provider as 'cuda', deviceId: Number(deviceId) }] }),
      intraOpNumThreads: model.threads,
      interOpNumThreads: 1,
      // Spinning threads waste CPU time on a busy machine.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    },
  });
}

function wrapModel(
  tokenizer: PreTrainedTokenizer,
  loaded: LoadedGraph,
  loadOnCpu: () => Promise<PreTrainedModel>,
): OnnxModel {
  let serving = loaded;

  /** The same file, so the vectors stay in their space. */
  async function fallBack(error: unknown): Promise<void> {
    const failed = serving;
    serving = {
      graph: await loadOnCpu(),
      device: 'cpu',
      warning: `${failed.device} failed, so cpu is used: ${firstLine(reasonOf(error))}`,
    };
    await Promise.resolve(failed.graph.dispose()).catch(() => {});
  }

  async function run(names: readonly string[], text: string, pair?: string): Promise<ModelOutput> {
    const input = tokenizer(text, { text_pair: pair ?? null });
    const attempt = async (): Promise<unknown> => await serving.graph(input);
    const outputs = await attempt().catch(async (error: unknown) => {
      if (serving.device === 'cpu') throw error;
      await fallBack(error);
      return attempt();
    });
    return findOutput(outputs, names);
  }

  return {
    get device() {
      return serving.device;
    },
    get warning() {
      return serving.warning;
    },
    countTokens: (text: string, pair?: string) => tokenizer.encode(text, { text_pair: pair ?? null }).length,
    textTokenRange: (prefix: string, text: string) => {
      const tokens = tokenizer.encode(prefix + text);
      const start = countCommonPrefix(tokenizer.encode(prefix), tokens);
      const rest = tokens.slice(start);
      const suffix = countCommonPrefix(tokenizer.encode('').reverse(), rest.toReversed());
      return { start, end: tokens.length - suffix };
    },
    run,
    runTogether: async (names: readonly string[], inputs: readonly ModelInput[]) => {
      const [first] = inputs;
      const pairs = first?.pair === undefined ? null : inputs.map(({ pair }) => pair ?? '');
      const input = tokenizer(
        inputs.map(({ text }) => text),
        { text_pair: pairs, padding: true },
      );
      return splitBatch(findOutput(await serving.graph(input), names), input.attention_mask);
    },
    dispose: async () => {
      await serving.graph.dispose();
    },
  };
}

/** The length of the common prefix of two token lists. */
function countCommonPrefix(one: readonly number[], other: readonly number[]): number {
  const end = one.findIndex((token, index) => token !== other[index]);
  return end < 0 ? one.length : end;
}

function findOutput(outputs: unknown, names: readonly string[]): ModelOutput {
  const entries = typeof outputs === 'object' && outputs !== null ? Object.entries(outputs) : [];
  for (const name of names) {
    const found = entries.find(([key]) => key === name)?.[1];
    if (isTensor(found)) return { data: toFloat32(found), dims: found.dims };
  }
  const present = entries.map(([key]) => key).join(', ');
  throw new InferenceError('model', `The graph has no output ${names.join(' or ')}. Its outputs: ${present || 'none'}`);
}

/** The output of each text. `mask` is 1 where a text of the batch has a token, and 0 where it is padded. */
function splitBatch({ data, dims }: ModelOutput, mask: Tensor): ModelOutput[] {
  const [texts = 0, ...shape] = dims;
  const valuesPerText = data.length / texts;
  const [, padded = 0] = mask.dims;
  return Array.from({ length: texts }, (_, index) => {
    const own = data.subarray(index * valuesPerText, (index + 1) * valuesPerText);
    // An output of one vector or score per text has no rows for tokens.
    if (shape.length < 2) return { data: own, dims: [1, ...shape] };
    const isToken = Array.from(
      mask.data.subarray(index * padded, (index + 1) * padded),
      (value) => Number(value) === 1,
    );
    const [start, end] = [isToken.indexOf(true), isToken.lastIndexOf(true) + 1];
    const size = valuesPerText / padded;
    return { data: own.subarray(start * size, end * size), dims: [1, end - start, ...shape.slice(1)] };
  });
}

function toFloat32(tensor: Tensor): Float32Array {
  const { data } = tensor.type === 'float32' ? tensor : tensor.to('float32');
  if (!(data instanceof Float32Array))
    throw new InferenceError('model', `The output of the graph has the unsupported type ${tensor.type}`);
  return data;
}

function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && 'dims' in value && 'to' in value;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
