/** An index whose content follows from its generation: generation g holds the vectors 1 to g, the same in any process. */
import type { VectorChange, VectorSpace } from '../../src/core/vector.ts';
import type { SnapshotPlace } from '../../src/vector/vector-index.ts';
import { randomNumbers, randomUnitVector } from '../support/vectors.ts';

export const growingSpace: VectorSpace = { id: 'growing@1', dimensions: 128 };

export function growingPlace(file: string): SnapshotPlace {
  return { file, epoch: 'growing', tagOf: (generation) => `tag-${generation}` };
}

export function growingVector(id: number): Float32Array {
  return randomUnitVector(randomNumbers(id), growingSpace.dimensions);
}

/** The changes of generation `from` to generation `to`. */
export function growingPuts(from: number, to: number): VectorChange[] {
  // The memory is of no interest to an index of this process.
  const memory = {} as Extract<VectorChange, { op: 'put' }>['memory'];
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => {
    const id = from + at;
    return { op: 'put', id, key: '', chunk: 0, vector: growingVector(id), memory };
  });
}
