/**
 * Pools the output of an embedding model for one text into one vector. Each row belongs to one token of the text: what
 * a batch pads is left out before.
 */
import { addScaled, unitVector } from '../../core/vector.ts';
import type { Pooling } from './inference-protocol.ts';
import type { ModelOutput, RowRange } from './onnx-model.ts';

/** The names of the graph output that a pooling needs, most common first. */
export function outputNames(pooling: Pooling): readonly string[] {
  return pooling === 'sentence_embedding' ? ['sentence_embedding'] : ['last_hidden_state', 'token_embeddings'];
}

export interface PoolingOptions {
  readonly pooling: Pooling;
  /** Truncates the vector to this many dimensions. */
  readonly dimensions?: number | undefined;
  /** The rows of the text's own tokens, for `content_mean`. */
  readonly content?: RowRange | undefined;
}

/** Returns a unit vector. The output has the shape [1, tokens, size], or [1, size] for `sentence_embedding`. */
export function pool({ data, dims }: ModelOutput, { pooling, dimensions, content }: PoolingOptions): Float32Array {
  const size = dims.at(-1) ?? 0;
  const rows = size === 0 ? 0 : data.length / size;
  const vector = poolRows(data, { pooling, rows, size, content: content ?? { start: 0, end: rows } });
  const kept = dimensions === undefined ? vector : vector.subarray(0, dimensions);
  return unitVector(kept, dimensions ?? size);
}

function poolRows(
  data: Float32Array,
  { pooling, rows, size, content }: { pooling: Pooling; rows: number; size: number; content: RowRange },
): Float32Array {
  switch (pooling) {
    case 'mean':
      return meanOfRows(data, rows, size);
    case 'content_mean':
      // A text without tokens of its own, such as only spaces, falls back to the mean of all rows.
      return content.start < content.end ? contentMean(data, content, size) : meanOfRows(data, rows, size);
    case 'last_token':
      return rowOf(data, rows - 1, size);
    case 'cls':
    case 'sentence_embedding':
      return rowOf(data, 0, size);
  }
}

/**
 * The weighted mean of the text's own tokens, without the prompt. Each token is normalized and weighted by its distance
 * from their plain mean. Frequent particles and inflections thus count less than distinctive words.
 */
function contentMean(data: Float32Array, { start, end }: RowRange, size: number): Float32Array {
  const tokens = Array.from({ length: end - start }, (_, index) => unitVector(rowOf(data, start + index, size), size));
  const center = meanOf(tokens, size);
  const weights = tokens.map((token) => distance(token, center));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // A single token is its own mean, so all weights are 0.
  if (total < 1e-6) return center;
  const mean = new Float32Array(size);
  for (const [index, token] of tokens.entries()) addScaled(mean, token, (weights[index] ?? 0) / total);
  return mean;
}

/** The normalized mean of several vectors. */
export function meanVector(vectors: readonly Float32Array[]): Float32Array {
  const size = vectors[0]?.length ?? 0;
  return unitVector(meanOf(vectors, size), size);
}

function rowOf(data: Float32Array, row: number, size: number): Float32Array {
  return data.subarray(row * size, (row + 1) * size);
}

function meanOfRows(data: Float32Array, rows: number, size: number): Float32Array {
  return meanOf(
    Array.from({ length: rows }, (_, row) => rowOf(data, row, size)),
    size,
  );
}

function meanOf(vectors: readonly Float32Array[], size: number): Float32Array {
  const mean = new Float32Array(size);
  for (const vector of vectors) addScaled(mean, vector, 1 / vectors.length);
  return mean;
}

function distance(one: Float32Array, other: Float32Array): number {
  return Math.sqrt(one.reduce((sum, value, index) => sum + (value - (other[index] ?? 0)) ** 2, 0));
}
