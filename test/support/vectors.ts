/**
 * Vectors for tests and benchmarks, the same in every run. Clustered ones imitate embeddings: topics of very different
 * sizes, each varying along a few directions of its own, with noise in all.
 */
import { unitVector } from '../../src/core/vector.ts';

export type RandomNumbers = () => number;

/** Uniform in 0..1 (mulberry32). */
export function randomNumbers(seed: number): RandomNumbers {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function randomUnitVector(random: RandomNumbers, dimensions: number): Float32Array {
  return unitVector(
    Array.from({ length: dimensions }, () => gaussian(random)),
    dimensions,
  );
}

export interface ClusterShape {
  readonly dimensions: number;
  readonly topics: number;
  readonly seed: number;
}

/** A source of vectors that never ends; queries come from the same source. */
export function clusteredVectors({ dimensions, topics, seed }: ClusterShape): () => Float32Array {
  const directionsPerTopic = 24;
  const spread = 0.15;
  const noise = 0.3;
  const random = randomNumbers(seed);
  const draw = () => Float64Array.from({ length: dimensions }, () => gaussian(random));
  const shapes = Array.from({ length: topics }, () => ({
    center: draw(),
    directions: Array.from({ length: directionsPerTopic }, draw),
  }));
  let total = 0;
  const cumulative = shapes.map((_, rank) => {
    total += 1 / (rank + 1);
    return total;
  });

  return () => {
    const drawn = random() * total;
    const topic = cumulative.findIndex((weight) => drawn < weight);
    const { center, directions } = shapes[topic] ?? { center: draw(), directions: [] };
    const vector = center.map((value) => value + noise * gaussian(random));
    for (const direction of directions) {
      const amount = spread * gaussian(random);
      for (let index = 0; index < dimensions; index++)
        vector[index] = (vector[index] ?? 0) + amount * (direction[index] ?? 0);
    }
    return unitVector(vector, dimensions);
  };
}

function gaussian(random: RandomNumbers): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
