/**
 * What a format of exports and imports is: how its files are recognised, what they contain, and how they are written.
 * Formats know nothing of the store; reading one never writes anything.
 */
import type { Timestamp } from '../core/memory.ts';
import type { ContextEntries } from '../store/context-table.ts';
import type { ImportedMemory } from '../store/memory-import.ts';
import type { Document } from './document.ts';

/** `place` says where in its document an item is, such as "line 12". */
export type ImportItem =
  | {
      readonly kind: 'memory';
      readonly place: string;
      readonly memory: ImportedMemory;
      readonly origin: Origin;
      /** Names of fields that no memory has. */
      readonly ignored?: readonly string[];
    }
  | { readonly kind: 'context'; readonly place: string; readonly entries: ContextEntries }
  /** What the document contains and nothing is made of, and why. */
  | { readonly kind: 'skipped'; readonly place: string; readonly reason: string };

/**
 * - `export`: an export of this program, to be imported as it is.
 * - `edited`: the same, in a form that people edit.
 * - `foreign`: anything else. Texts that look like a key or password are left out.
 */
export type Origin = 'export' | 'edited' | 'foreign';

export interface Reading {
  /** The zone of times that name none. */
  readonly timeZone: string;
  /** The time of what has none. */
  readonly now: Timestamp;
}

export interface ImportFormat {
  readonly name: string;
  readonly title: string;
  /** Which documents of a folder or an archive to read, by their name. A single file is read whatever its name. */
  readonly documents: RegExp;
  /** How many new memories an import stores unless it is told another number; undefined for all. */
  readonly limit?: number;
  /** Whether a document is of this format, judged by its name and its first characters. */
  recognizes(name: string, beginning: string): boolean;
  /** Throws `corrupt` for a damaged document and `invalid_input` for one that this version does not know. */
  read(document: Document, reading: Reading): AsyncIterable<ImportItem>;
}
