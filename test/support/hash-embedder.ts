/**
 * An embedder without a model: every character pair of a text adds a direction of its own, so that texts that share
 * wording lie close. Deterministic; for tests of everything around a model, never of quality.
 */
import { unitVector, type VectorSpace } from '../../src/core/vector.ts';
import type { Embedder } from '../../src/model/embedder.ts';
import { randomNumbers, randomUnitVector } from './vectors.ts';

export interface HashEmbedderOptions {
  readonly dimensions?: number;
  /** Another name is another space. */
  readonly name?: string;
  /** What a test wants to happen before each document is embedded. */
  readonly beforeDocument?: (text: string) => Promise<void> | void;
}

export function createHashEmbedder({
  dimensions = 48,
  name = 'hash',
  beforeDocument,
}: HashEmbedderOptions = {}): Embedder {
  const space: VectorSpace = { id: `${name}@1#none#none#none#none#whole`, dimensions };
  return {
    status: () => ({ state: 'ready', model: name }),
    space: () => space,
    embedQuery: async (text) => embed(text, dimensions),
    async embedDocument(text) {
      await beforeDocument?.(text);
      return { vectors: [embed(text, dimensions)], embeddedCharacters: text.length };
    },
    embedTogether: async () => undefined,
  };
}

function embed(text: string, dimensions: number): Float32Array {
  const characters = [...text.normalize('NFKC')];
  const sum = new Float64Array(dimensions);
  for (let index = 0; index < characters.length; index++) {
    const pair = (characters[index] ?? '') + (characters[index + 1] ?? '');
    const seed = [...pair].reduce((hash, character) => Math.imul(hash, 31) + (character.codePointAt(0) ?? 0), 7);
    randomUnitVector(randomNumbers(seed), dimensions).forEach((value, at) => {
      sum[at] = (sum[at] ?? 0) + value;
    });
  }
  return unitVector(sum, dimensions);
}
