/**
 * A model as the inference process runs it: tokenizer and graph of one folder, one text at a time. The only file that
 * touches transformers.js and, through it, ONNX Runtime. Texts are run singly because that is no slower on a CPU,
 * needs a fraction of the memory, and gives a text the same vector whatever else is waiting.
 */
import { join } from 'node:path';
import type { PreTrainedModel, PreTrainedTokenizer, Tensor } from '@huggingface/transformers';
import { reasonOf } from '../../core/errors.ts';
import { InferenceError } from './inference-client.ts';
import type { InferenceModel } from './inference-protocol.ts';

/** A float32 output of the graph for one text. */
export interface ModelOutput {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** Rows of an output, `end` excluded. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

export interface OnnxModel {
  readonly device: string;
  readonly warning: string | undefined;
  /** How many tokens the model would see, special tokens included. */
  countTokens(text: string, pair?: string): number;
  /** Which rows of `run(names, prefix + text)` are tokens of `text`: neither of the prefix nor special ones. */
  textTokenRange(prefix: string, text: string): RowRange;
  /** The first of `names` that the graph has as an output, for one text or one pair. */
  run(names: readonly string[], text: string, pair?: string): Promise<ModelOutput>;
  dispose(): Promise<void>;
}

type Transformers = typeof import('@huggingface/transformers');

/** Loads the files of `model`, or rejects with `runtime missing` or `model`. Never reaches for the network. */
export async function loadRunnableModel(model: InferenceModel): Promise<OnnxModel> {
  const transformers = await importTransformers();
  transformers.env.allowRemoteModels = false;
  transformers.env.useFSCache = false;
  // Its messages quote the input, and nobody reads them.
  transformers.env.logLevel = transformers.LogLevel.NONE;
  try {
    const tokenizer = await transformers.AutoTokenizer.from_pretrained(model.folder);
    const { graph, device, warning } = await loadGraph(transformers, model);
    return { device, warning, ...runnable(tokenizer, graph) };
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

async function loadGraph(transformers: Transformers, model: InferenceModel) {
  const load = (device: string) => loadGraphOn(transformers, model, device);
  if (model.device === 'cpu') return { graph: await load('cpu'), device: 'cpu', warning: undefined };
  try {
    return { graph: await load(model.device), device: model.device, warning: undefined };
  } catch (error) {
    const graph = await load('cpu');
    return { graph, device: 'cpu', warning: `${model.device} cannot be used, cpu is: ${firstLine(reasonOf(error))}` };
  }
}

function loadGraphOn(transformers: Transformers, model: InferenceModel, device: string): Promise<PreTrainedModel> {
  const parts = model.file.replace(/\.onnx$/, '').split('/');
  const stem = parts.pop() ?? '';
  return transformers.AutoModel.from_pretrained(model.folder, {
    subfolder: parts.join('/'),
    model_file_name: stem,
    // "fp32" adds no suffix to the file name: the caller has named the whole file, whatever is in it.
    dtype: 'fp32',
    // The names of execution providers are the runtime's to judge.
    device: device as 'cpu',
    session_options: {
      intraOpNumThreads: model.threads,
      interOpNumThreads: 1,
      // Threads that spin while they wait slow each other down on a machine that is doing something else, too.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    },
  });
}

function runnable(tokenizer: PreTrainedTokenizer, graph: PreTrainedModel) {
  return {
    countTokens: (text: string, pair?: string) => tokenizer.encode(text, { text_pair: pair ?? null }).length,
    textTokenRange: (prefix: string, text: string) => {
      const tokens = tokenizer.encode(prefix + text);
      const start = sharedBeginning(tokenizer.encode(prefix), tokens);
      const rest = tokens.slice(start);
      const after = sharedBeginning(tokenizer.encode('').reverse(), rest.toReversed());
      return { start, end: tokens.length - after };
    },
    run: async (names: readonly string[], text: string, pair?: string) => {
      const outputs: unknown = await graph(tokenizer(text, { text_pair: pair ?? null }));
      return findOutput(outputs, names);
    },
    dispose: async () => {
      await graph.dispose();
    },
  };
}

/** How many tokens two lists begin with alike. */
function sharedBeginning(one: readonly number[], other: readonly number[]): number {
  const end = one.findIndex((token, index) => token !== other[index]);
  return end < 0 ? one.length : end;
}

function findOutput(outputs: unknown, names: readonly string[]): ModelOutput {
  const entries = typeof outputs === 'object' && outputs !== null ? Object.entries(outputs) : [];
  for (const name of names) {
    const found = entries.find(([key]) => key === name)?.[1];
    if (isTensor(found)) return { data: float32Of(found), dims: found.dims };
  }
  const present = entries.map(([key]) => key).join(', ');
  throw new InferenceError('model', `The graph has no output ${names.join(' or ')}, only ${present || 'none'}`);
}

function float32Of(tensor: Tensor): Float32Array {
  const { data } = tensor.type === 'float32' ? tensor : tensor.to('float32');
  if (!(data instanceof Float32Array)) throw new InferenceError('model', `The graph answers in ${tensor.type}`);
  return data;
}

function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && 'dims' in value && 'to' in value;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
