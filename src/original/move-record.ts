/**
 * `original/migration.json`: what a move in place did with the files of a persona, written before the first file is
 * touched. From it a move that was interrupted is taken back, and a finished one is undone.
 */
import { dirname, join } from 'node:path';
import * as z from 'zod';
import type { PersonaPaths } from '../config/paths.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { pathExists } from '../files/path-exists.ts';
import { readRegularFile } from '../files/regular-file.ts';
import { replaceFile } from '../files/replace-file.ts';

const movedFile = z.object({
  /** Where it was, relative to the data folder. */
  from: z.string(),
  /** Where it is, relative to `original/`. */
  to: z.string(),
});

const schema = z.object({
  format: z.literal('memory-mcp move'),
  format_version: z.literal(1),
  /** `moving` and `undoing` are only seen after a crash. */
  state: z.enum(['moving', 'moved', 'undoing']),
  persona: z.string(),
  former_name: z.string(),
  started_at: z.string(),
  memory_mcp: z.string(),
  timezone: z.string(),
  /** The memories went into a persona that was here already. */
  merged: z.boolean(),
  files: z.array(movedFile),
});

export type MoveRecord = z.infer<typeof schema>;

const recordFile = ({ original }: Pick<PersonaPaths, 'original'>) => join(original, 'migration.json');

/** Undefined if this persona was not moved in place, or its originals were removed. */
export function readMoveRecord(paths: Pick<PersonaPaths, 'original'>): MoveRecord | undefined {
  const file = recordFile(paths);
  if (!pathExists(dirname(file)) || !pathExists(file)) return undefined;
  try {
    return schema.parse(JSON.parse(readRegularFile(file)));
  } catch (cause) {
    throw new MemoryMcpError('corrupt', `${file} cannot be read, so the move of this persona cannot be continued`, {
      hint: 'The files of the original system are beside it. Move them back by hand.',
      cause,
    });
  }
}

/** Durable before this resolves. */
export function writeMoveRecord(paths: Pick<PersonaPaths, 'original'>, record: MoveRecord): Promise<void> {
  return replaceFile(recordFile(paths), (file) => file.writeFile(`${JSON.stringify(record, undefined, 2)}\n`));
}

export const moveRecordName = 'migration.json';
