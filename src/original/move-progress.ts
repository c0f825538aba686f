/**
 * How far a move is, in a file that any server of the data folder can read: a move runs in a process of its own, and
 * more than one server may be asked about its persona.
 */
import { readFileSync, rmSync, statSync } from 'node:fs';
import * as z from 'zod';
import type { DataPaths } from '../config/paths.ts';
import { secondLength } from '../core/time/durations.ts';
import { replaceCacheFile } from '../files/replace-file.ts';

const progress = z.object({ persona: z.string(), done: z.number(), total: z.number() });
export type MoveProgress = z.infer<typeof progress>;

/** Often enough to look alive, seldom enough to cost nothing. */
const interval = secondLength / 2;
/** A process that was killed leaves the file behind, and the next one must not wait for it long. */
const staleAfter = 5 * secondLength;

/** Writes the first report, the last one, and some of those between. */
export function createProgressFile({ moveProgress }: DataPaths, persona: string) {
  let writtenAt = Number.NEGATIVE_INFINITY;
  return {
    report({ done, total }: Omit<MoveProgress, 'persona'>): void {
      const now = performance.now();
      if (now - writtenAt < interval && done < total) return;
      writtenAt = now;
      replaceCacheFile(moveProgress, JSON.stringify({ persona, done, total }));
    },
    remove: (): void => rmSync(moveProgress, { force: true }),
  };
}

/** What another process, or this one, is moving now; undefined if nothing is. */
export function readProgress({ moveProgress }: DataPaths): MoveProgress | undefined {
  try {
    if (Date.now() - statSync(moveProgress).mtimeMs > staleAfter) return undefined;
    return progress.parse(JSON.parse(readFileSync(moveProgress, 'utf8')));
  } catch {
    // There is none, or it is none: a message then goes without a number.
    return undefined;
  }
}
