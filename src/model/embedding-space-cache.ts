/**
 * The embedding space cache, beside the model files. It knows how the vectors of each space were made, which lets an
 * older space be searched while a new one is being built, and the content hashes of model folders, which saves hashing
 * 75 MB at each start. It also knows how long models take to load. Lost entries cost a rebuild or a second of hashing, never an error.
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
  /** How many milliseconds it took to load a model, by folder and stamp. */
  readonly loadTimes: Readonly<Record<string, number>>;
}

const maximumSpaces = 20;
const maximumHashes = 20;
/** A time is only written again if it has changed by more than this factor. */
const noticeableFactor = 1.5;

export function createEmbeddingSpaceCache(file: string) {
  const read = (): CacheContent => {
    try {
      // Only this program writes the file. Anything else in it counts as an empty cache.
      const { spaces, hashes, loadTimes } = JSON.parse(readRegularFile(file)) as Partial<CacheContent>;
      return { spaces: Array.isArray(spaces) ? spaces : [], hashes: hashes ?? {}, loadTimes: loadTimes ?? {} };
    } catch {
      return { spaces: [], hashes: {}, loadTimes: {} };
    }
  };
  const write = (content: CacheContent) => {
    try {
      replaceCacheFile(file, `${JSON.stringify(content, undefined, 2)}\n`);
    } catch {
      // Without the cache, starting only takes longer.
    }
  };
  const modelKey = (folder: string, stamp: string) => `${folder} ${stamp}`;
  /** With a new value for a model; the oldest ones go. */
  const withEntry = <Value>(entries: Readonly<Record<string, Value>>, key: string, value: Value) => {
    const others = Object.entries(entries).filter(([other]) => other !== key);
    return Object.fromEntries([...others.slice(1 - maximumHashes), [key, value]]);
  };
  return {
    findSpace: (id: string): SpaceEntry | undefined => read().spaces.find(({ space }) => space.id === id),
    rememberSpace: (entry: SpaceEntry): void => {
      const { spaces, ...others } = read();
      if (JSON.stringify(spaces.find(({ space }) => space.id === entry.space.id)) === JSON.stringify(entry)) return;
      const otherSpaces = spaces.filter(({ space }) => space.id !== entry.space.id);
      write({ ...others, spaces: [...otherSpaces, entry].slice(-maximumSpaces) });
    },
    findHash: (folder: string, stamp: string): string | undefined => read().hashes[modelKey(folder, stamp)],
    rememberHash: (folder: string, stamp: string, hash: string): void => {
      const content = read();
      write({ ...content, hashes: withEntry(content.hashes, modelKey(folder, stamp), hash) });
    },
    findLoadTime: (folder: string, stamp: string): number | undefined => read().loadTimes[modelKey(folder, stamp)],
    rememberLoadTime: (folder: string, stamp: string, milliseconds: number): void => {
      const content = read();
      const key = modelKey(folder, stamp);
      const known = content.loadTimes[key] ?? 0;
      if (known < milliseconds * noticeableFactor && milliseconds < known * noticeableFactor) return;
      write({ ...content, loadTimes: withEntry(content.loadTimes, key, Math.round(milliseconds)) });
    },
  };
}

export type EmbeddingSpaceCache = ReturnType<typeof createEmbeddingSpaceCache>;
