/**
 * Remembers, beside the model files, how the vectors of each space were made, so that an older space can be asked
 * while a new one is being built, and what the content of a folder was found to be, so that 75 MB are hashed once. A
 * cache: lost entries cost a rebuild or a second of hashing, never an error.
 */

import { renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { VectorSpace } from '../core/vector.ts';
import { makeFolder } from '../files/make-folder.ts';
import { privateFileMode, privateFolderMode } from '../files/private-modes.ts';
import { readRegularFile } from '../files/regular-file.ts';
import type { EmbeddingConfig } from './embedding-config.ts';
import type { ModelPlace } from './model-reference.ts';
import type { ModelLanguages } from './presets.ts';

/** Enough to find a model again and to embed as before. */
export interface SpaceEntry {
  readonly space: VectorSpace;
  readonly name: string;
  readonly place: ModelPlace;
  readonly embeddingConfig: EmbeddingConfig;
  readonly dtype: string;
  readonly languages?: ModelLanguages | undefined;
}

interface Register {
  readonly spaces: readonly SpaceEntry[];
  /** Content hash by folder and stamp. */
  readonly hashes: Readonly<Record<string, string>>;
}

const spacesKept = 20;
const hashesKept = 20;

export function createSpaceRegister(file: string) {
  const read = (): Register => {
    try {
      // Written below alone; anything else is as good as nothing.
      const { spaces, hashes } = JSON.parse(readRegularFile(file)) as Partial<Register>;
      return { spaces: Array.isArray(spaces) ? spaces : [], hashes: hashes ?? {} };
    } catch {
      return { spaces: [], hashes: {} };
    }
  };
  const write = (register: Register) => {
    const temporary = `${file}.${process.pid}.partial`;
    try {
      makeFolder(dirname(file), privateFolderMode);
      writeFileSync(temporary, `${JSON.stringify(register, undefined, 2)}\n`, { mode: privateFileMode });
      renameSync(temporary, file);
    } catch {
      // A cache that cannot be written is only slower.
    }
  };
  const hashKey = (folder: string, stamp: string) => `${folder} ${stamp}`;
  return {
    findSpace: (id: string): SpaceEntry | undefined => read().spaces.find(({ space }) => space.id === id),
    rememberSpace: (entry: SpaceEntry): void => {
      const { spaces, hashes } = read();
      if (JSON.stringify(spaces.find(({ space }) => space.id === entry.space.id)) === JSON.stringify(entry)) return;
      const others = spaces.filter(({ space }) => space.id !== entry.space.id);
      write({ spaces: [...others, entry].slice(-spacesKept), hashes });
    },
    findHash: (folder: string, stamp: string): string | undefined => read().hashes[hashKey(folder, stamp)],
    rememberHash: (folder: string, stamp: string, hash: string): void => {
      const { spaces, hashes } = read();
      const kept = Object.entries(hashes).slice(1 - hashesKept);
      write({ spaces, hashes: Object.fromEntries([...kept, [hashKey(folder, stamp), hash]]) });
    },
  };
}

export type EmbeddingSpaceCache = ReturnType<typeof createSpaceRegister>;
