/**
 * The embedding space cache, beside the model files. It knows how the vectors of each space were made, which lets an
 * older space be searched while a new one is being built, and the content hashes of model folders, which saves hashing
 * 75 MB at each start. Lost entries cost a rebuild or a second of hashing, never an error.
 */

import type { VectorSpace } from '../core/vector.ts';
import { readRegularFile } from '../files/regular-file.ts';
import { replaceCacheFile } from '../files/replace-file.ts';
import type { EmbeddingConfig } from './embedding-config.ts';
import type { ModelPlace } from './model-reference.ts';

/** What is needed to find the model again and to embed in the same way. */
export interface SpaceEntry {
  readonly space: VectorSpace;
  readonly name: string;
  readonly place: ModelPlace;
  readonly embeddingConfig: EmbeddingConfig;
  readonly dtype: string;
}

interface CacheContent {
  readonly spaces: readonly SpaceEntry[];
  /** Content hashes by folder and stamp. */
  readonly hashes: Readonly<Record<string, string>>;
}

const maximumSpaces = 20;
const maximumHashes = 20;

export function createEmbeddingSpaceCache(file: string) {
  const read = (): CacheContent => {
    try {
      // Only this program writes the file. Anything else in it counts as an empty cache.
      const { spaces, hashes } = JSON.parse(readRegularFile(file)) as Partial<CacheContent>;
      return { spaces: Array.isArray(spaces) ? spaces : [], hashes: hashes ?? {} };
    } catch {
      return { spaces: [], hashes: {} };
    }
  };
  const write = (content: CacheContent) => {
    try {
      replaceCacheFile(file, `${JSON.stringify(content, undefined, 2)}\n`);
    } catch {
      // Without the cache, starting only takes longer.
    }
  };
  const hashKey = (folder: string, stamp: string) => `${folder} ${stamp}`;
  return {
    findSpace: (id: string): SpaceEntry | undefined => read().spaces.find(({ space }) => space.id === id),
    rememberSpace: (entry: SpaceEntry): void => {
      const { spaces, hashes } = read();
      if (JSON.stringify(spaces.find(({ space }) => space.id === entry.space.id)) === JSON.stringify(entry)) return;
      const others = spaces.filter(({ space }) => space.id !== entry.space.id);
      write({ spaces: [...others, entry].slice(-maximumSpaces), hashes });
    },
    findHash: (folder: string, stamp: string): string | undefined => read().hashes[hashKey(folder, stamp)],
    rememberHash: (folder: string, stamp: string, hash: string): void => {
      const { spaces, hashes } = read();
      const kept = Object.entries(hashes).slice(1 - maximumHashes);
      write({ spaces, hashes: Object.fromEntries([...kept, [hashKey(folder, stamp), hash]]) });
    },
  };
}

export type EmbeddingSpaceCache = ReturnType<typeof createEmbeddingSpaceCache>;
