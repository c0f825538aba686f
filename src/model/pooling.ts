/**
 * How one vector comes from the output of an embedding model for one text. The text stands alone in its batch, so
 * there is no padding: every row is a token, the first row is the first token and the last row the last.
 */
import { unitVector } from '../core/vector.ts';
import type { Pooling } from './inference-protocol.ts';
import type { ModelOutput } from './runnable-model.ts';

/** The names under which graphs give what each pooling starts from, by how usual they are. */
export function outputNames(pooling: Pooling): readonly string[] {
  return pooling === 'sentence_embedding' ? ['sentence_embedding'] : ['last_hidden_state', 'token_embeddings'];
}

/** A unit vector from [1, tokens, size], or [1, size] for `sentence_embedding`; `dimensions` keeps the first ones. */
export function pool({ data, dims }: ModelOutput, pooling: Pooling, dimensions?: number): Float32Array {
  const size = dims.at(-1) ?? 0;
  const rows = size === 0 ? 0 : data.length / size;
  const vector =
    pooling === 'mean' ? meanOfRows(data, rows, size) : rowOf(data, pooling === 'last_token' ? rows - 1 : 0, size);
  const kept = dimensions === undefined ? vector : vector.subarray(0, dimensions);
  return unitVector(kept, dimensions ?? size);
}

/** The unit vector in the middle of several. */
export function meanVector(vectors: readonly Float32Array[]): Float32Array {
  const size = vectors[0]?.length ?? 0;
  const rows = new Float32Array(vectors.length * size);
  for (const [index, vector] of vectors.entries()) rows.set(vector, index * size);
  return unitVector(meanOfRows(rows, vectors.length, size), size);
}

function rowOf(data: Float32Array, row: number, size: number): Float32Array {
  return data.subarray(row * size, (row + 1) * size);
}

function meanOfRows(data: Float32Array, rows: number, size: number): Float32Array {
  const mean = new Float32Array(size);
  for (let index = 0; index < rows * size; index++) {
    const column = index % size;
    mean[column] = (mean[column] ?? 0) + (data[index] ?? 0) / rows;
  }
  return mean;
}
