/**
 * The graphs of the test models. Both hash each 3-byte window of the input to one of 1,024 fixed vectors, so texts
 * that share letters are near each other in any language. They show that the plumbing works, never how well recall does.
 */
import { tokenIds } from './byte-tokenizer.ts';
import type { Graph, GraphNode, GraphValue, Tensor } from './onnx-file.ts';

/** The width of each model; the wide one has vectors as long as those of real small models. */
export const hiddenSizes = { 'tiny-embed': 32, 'tiny-rerank': 32, 'wide-embed': 384 };
const buckets = 1024;
const windowSize = 3;
const seed = 20_240_601;

const inputs: readonly GraphValue[] = ['input_ids', 'attention_mask'].map((name) => ({
  name,
  elementType: 'int64',
  dims: ['batch', 'sequence'],
}));

/** `last_hidden_state` [batch, sequence, hidden size]: one vector per window, zero where the mask is zero. */
export function embedderGraph(hiddenSize: number): Graph {
  const graph = startGraph(hiddenSize);
  const mask = graph.add('Unsqueeze', [
    graph.add('Cast', ['attention_mask'], { to: 1 }),
    graph.integers('axis_2', [2]),
  ]);
  graph.add('Mul', [graph.hidden, mask], {}, 'last_hidden_state');
  return {
    name: 'tiny-embed',
    nodes: graph.nodes,
    constants: graph.constants,
    inputs,
    outputs: [{ name: 'last_hidden_state', elementType: 'float', dims: ['batch', 'sequence', hiddenSize] }],
  };
}

/** `logits` [batch, 1]: 12 · cosine of both sides − 4, for input `<s> question </s> text </s>`. */
export function rerankerGraph(): Graph {
  const graph = startGraph(hiddenSizes['tiny-rerank']);
  const { add, integers, floats } = graph;
  const axis1 = integers('axis_1', [1]);
  const axis2 = integers('axis_2', [2]);
  const isEnd = add('Equal', ['input_ids', integers('end', [tokenIds.end])]);
  const isBegin = add('Equal', ['input_ids', integers('begin', [tokenIds.begin])]);
  const side = add('CumSum', [add('Cast', [isEnd], { to: 7 }), integers('cumsum_axis', [1])]);
  const isText = add('Cast', [add('Not', [add('Or', [isEnd, isBegin])])], { to: 7 });
  const kept = add('Mul', [isText, 'attention_mask']);
  const sum = (which: number) => {
    const here = add('Cast', [add('Equal', [side, integers(`side_${which}`, [which])])], { to: 7 });
    const weight = add('Unsqueeze', [add('Cast', [add('Mul', [here, kept])], { to: 1 }), axis2]);
    return add('ReduceSum', [add('Mul', [graph.hidden, weight]), axis1], { keepdims: 0 });
  };
  const dot = (left: string, right: string) => add('ReduceSum', [add('Mul', [left, right]), axis1], { keepdims: 1 });
  const question = sum(0);
  const text = sum(1);
  const lengths = add('Mul', [add('Sqrt', [dot(question, question)]), add('Sqrt', [dot(text, text)])]);
  const cosine = add('Div', [dot(question, text), add('Add', [lengths, floats('epsilon', [1e-6])])]);
  add('Add', [add('Mul', [cosine, floats('scale', [12])]), floats('offset', [-4])], {}, 'logits');
  return {
    name: 'tiny-rerank',
    nodes: graph.nodes,
    constants: graph.constants,
    inputs,
    outputs: [{ name: 'logits', elementType: 'float', dims: ['batch', 1] }],
  };
}

/** The part that both share, ending in `hidden` [batch, sequence, hidden size], and the means to go on building. */
function startGraph(hiddenSize: number) {
  const nodes: GraphNode[] = [];
  const constants: Tensor[] = [];
  const add = (
    type: string,
    nodeInputs: readonly string[],
    attributes: Readonly<Record<string, number>> = {},
    output = `${type.toLowerCase()}_${nodes.length}`,
  ) => {
    nodes.push({ type, inputs: nodeInputs, output, attributes });
    return output;
  };
  const integers = (name: string, values: readonly number[]) => {
    constants.push({ name, dims: [values.length], values: BigInt64Array.from(values.map(BigInt)) });
    return name;
  };
  const floats = (name: string, values: readonly number[]) => {
    constants.push({ name, dims: [values.length], values: Float32Array.from(values) });
    return name;
  };

  // Padding on the right with <pad> makes a padded batch hash exactly as each of its texts alone.
  const padded = add('Pad', [
    'input_ids',
    integers('pads', [0, 0, 0, windowSize - 1]),
    integers('pad', [tokenIds.pad]),
  ]);
  const length = add('Gather', [add('Shape', ['input_ids']), integers('sequence_axis', [1])]);
  let hash: string | undefined;
  for (let offset = 0; offset < windowSize; offset++) {
    const start = integers(`start_${offset}`, [offset]);
    const shifted = add('Slice', [padded, start, add('Add', [length, start]), integers(`slice_axis_${offset}`, [1])]);
    const weighted = add('Mul', [shifted, integers(`weight_${offset}`, [31 ** offset])]);
    hash = hash === undefined ? weighted : add('Add', [hash, weighted]);
  }
  const bucket = add('Mod', [hash ?? padded, integers('buckets', [buckets])]);
  constants.push({ name: 'embeddings', dims: [buckets, hiddenSize], values: pseudoGaussian(buckets * hiddenSize) });
  const hidden = add('Gather', ['embeddings', bucket], { axis: 0 });
  return { nodes, constants, add, integers, floats, hidden };
}

/** Sums of four uniform numbers of a 32-bit splitmix generator: deterministic, roughly normal, mean 0. */
function pseudoGaussian(count: number): Float32Array {
  let state = seed;
  const uniform = () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
  return Float32Array.from({ length: count }, () => (uniform() + uniform() + uniform() + uniform() - 2) * 0.5);
}
