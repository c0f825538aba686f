/**
 * What all memories of a store have in common, taken out of their vectors: the mean, and most of the few directions in
 * which they differ most (a speaker's name before every line, the language, the kind of text). Cosines of what is left
 * tell memories of one store apart where plain cosines hardly do (after Mu and Viswanath, All-but-the-Top, 2018, with
 * the directions weakened instead of removed).
 */
import { addScaled, dotProduct } from './vector.ts';

/** Fewer vectors do not show what they have in common. */
export const leastVectors = 128;
const directionCount = 8;
/** Subspace iteration needs no more: a direction is only weakened, so it need not be exact. */
const rounds = 4;
/** A direction keeps the share r / (variance + r), r being so many times the mean variance of a dimension. */
const keptVariances = 10;

export interface SharedDirections {
  readonly mean: Float32Array;
  readonly meanSquare: number;
  readonly directions: readonly Float32Array[];
  /** The mean along each direction. */
  readonly meanAlong: readonly number[];
  /** How much of the squared length along each direction is taken away, 0..1. */
  readonly removed: readonly number[];
}

/** A vector as seen beside what is shared. */
export interface Residual {
  readonly vector: Float32Array;
  readonly onMean: number;
  readonly along: readonly number[];
  readonly length: number;
}

/** Undefined for fewer than `leastVectors`, and for vectors that do not differ. */
export function sharedDirectionsOf(vectors: readonly Float32Array[]): SharedDirections | undefined {
  const dimensions = vectors[0]?.length ?? 0;
  if (vectors.length < leastVectors || dimensions <= directionCount) return undefined;
  const mean = new Float32Array(dimensions);
  for (const vector of vectors) addScaled(mean, vector, 1 / vectors.length);
  const centred = vectors.map((vector) => addScaled(Float32Array.from(vector), mean, -1));
  const total = centred.reduce((sum, vector) => sum + dotProduct(vector, vector), 0) / vectors.length;
  if (total < 1e-6) return undefined;
  const kept = (keptVariances * total) / dimensions;

  // The first vectors are as good a start as any, and the same for the same sample.
  let directions = orthonormal(centred.slice(0, directionCount)).directions;
  let variances: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const next = orthonormal(directions.map((direction) => timesCovariance(centred, direction)));
    directions = next.directions;
    variances = next.lengths;
  }
  const removed = variances.map((variance) => variance / (variance + kept));
  const meanAlong = directions.map((direction) => dotProduct(mean, direction));
  return { mean, meanSquare: dotProduct(mean, mean), directions, meanAlong, removed };
}

export function residualOf(shared: SharedDirections, vector: Float32Array): Residual {
  const onMean = dotProduct(vector, shared.mean);
  const along = shared.directions.map(
    (direction, index) => dotProduct(vector, direction) - (shared.meanAlong[index] ?? 0),
  );
  let square = dotProduct(vector, vector) - 2 * onMean + shared.meanSquare;
  for (const [index, part] of along.entries()) square -= (shared.removed[index] ?? 0) * part * part;
  return { vector, onMean, along, length: Math.sqrt(Math.max(square, 1e-12)) };
}

/** The cosine of two vectors without what is shared. */
export function residualCosine(shared: SharedDirections, one: Residual, other: Residual): number {
  let product = dotProduct(one.vector, other.vector) - one.onMean - other.onMean + shared.meanSquare;
  for (const [index, part] of one.along.entries()) {
    product -= (shared.removed[index] ?? 0) * part * (other.along[index] ?? 0);
  }
  return product / (one.length * other.length);
}

function timesCovariance(centred: readonly Float32Array[], direction: Float32Array): Float32Array {
  const product = new Float32Array(direction.length);
  for (const vector of centred) addScaled(product, vector, dotProduct(vector, direction) / centred.length);
  return product;
}

/** Gram and Schmidt; `lengths` are those before each became one. */
function orthonormal(vectors: readonly Float32Array[]): { directions: Float32Array[]; lengths: number[] } {
  const directions: Float32Array[] = [];
  const lengths: number[] = [];
  for (const vector of vectors) {
    const rest = Float32Array.from(vector);
    for (const direction of directions) addScaled(rest, direction, -dotProduct(rest, direction));
    const length = Math.sqrt(dotProduct(rest, rest));
    lengths.push(length);
    directions.push(
      length < 1e-9 ? new Float32Array(rest.length) : addScaled(new Float32Array(rest.length), rest, 1 / length),
    );
  }
  return { directions, lengths };
}
