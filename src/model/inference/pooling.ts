/**
 * How one vector comes from the output of an embedding model for one text. The text stands alone in its batch, so
 * there is no padding: every row is a token, the first row is the first token and the last row the last.
 */
import { addScaled, unitVector } from '../../core/vector.ts';
import type { Pooling } from './inference-protocol.ts';
import type { ModelOutput, RowRange } from './onnx-model.ts';

/** The names under which graphs give what each pooling starts from, by how usual they are. */
export function outputNames(pooling: Pooling): readonly string[] {
  return pooling === 'sentence_embedding' ? ['sentence_embedding'] : ['last_hidden_state', 'token_embeddings'];
}

export interface PoolingOptions {
  readonly pooling: Pooling;
  /** Keeps so many of the first numbers. */
  readonly dimensions?: number | undefined;
  /** The rows of the text itself, for `content_mean`. */
  readonly content?: RowRange | undefined;
}

/** A unit vector from [1, tokens, size], or [1, size] for `sentence_embedding`. */
export function pool({ data, dims }: ModelOutput, { pooling, dimensions, content }: PoolingOptions): Float32Array {
  const size = dims.at(-1) ?? 0;
  const rows = size === 0 ? 0 : data.length / size;
  const vector = vectorOf(data, { pooling, rows, size, content: content ?? { start: 0, end: rows } });
  const kept = dimensions === undefined ? vector : vector.subarray(0, dimensions);
  return unitVector(kept, dimensions ?? size);
}

function vectorOf(
  data: Float32Array,
  { pooling, rows, size, content }: { pooling: Pooling; rows: number; size: number; content: RowRange },
): Float32Array {
  switch (pooling) {
    case 'mean':
      return meanOfRows(data, rows, size);
    case 'content_mean':
      // A text of which nothing is left, such as one of spaces, is all prompt.
      return content.start < content.end ? contentMean(data, content, size) : meanOfRows(data, rows, size);
    case 'last_token':
      return rowOf(data, rows - 1, size);
    case 'cls':
    case 'sentence_embedding':
      return rowOf(data, 0, size);
  }
}

/**
 * What a text says beside its prompt: the mean of its own tokens, each of length 1 and weighing as much as it lies
 * apart from their plain mean, so that endings and particles count for less than what is said only once.
 */
function contentMean(data: Float32Array, { start, end }: RowRange, size: number): Float32Array {
  const tokens = Array.from({ length: end - start }, (_, index) => unitVector(rowOf(data, start + index, size), size));
  const middle = meanOf(tokens, size);
  const weights = tokens.map((token) => distance(token, middle));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // A single token lies in the middle itself.
  if (total < 1e-6) return middle;
  const mean = new Float32Array(size);
  for (const [index, token] of tokens.entries()) addScaled(mean, token, (weights[index] ?? 0) / total);
  return mean;
}

/** The unit vector in the middle of several. */
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
