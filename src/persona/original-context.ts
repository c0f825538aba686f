/**
 * The original system's persona_context.json as our context, for a persona in which nothing is stored yet. Never writes
 * the file.
 */
import { statSync } from 'node:fs';
import { parseContext } from '../original/context-file.ts';
import type { ContextEntries } from '../store/context-table.ts';
import { readForeignContextFile } from './context-mirror.ts';

/** Empty if the file is missing or damaged. Times without an offset are read as local times in `timeZone`. */
export function readOriginalContext(file: string, timeZone: string): ContextEntries {
  const text = readForeignContextFile(file);
  if (text === undefined) return new Map();
  // A damaged file counts as empty. The first change sets it aside.
  return parseContext(text, { timeZone, modified: statSync(file).mtime.toISOString() }) ?? new Map();
}
