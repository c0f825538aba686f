/**
 * Writes an export as a folder of notes. A file that is there already and is not the note of the same memory is never
 * replaced, and a note that was edited only on request. All of that is checked before anything is written.
 */
import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, MemoryMcpError, reasonOf } from '../core/errors.ts';
import { adviseOnAccess } from '../files/access-problem.ts';
import { readRegularFile } from '../files/regular-file.ts';
import { removeLeftoversOf, replaceFile } from '../files/replace-file.ts';
import { isUnedited } from './edited-memory.ts';
import type { ExportContent, ExportedMemory } from './export-content.ts';
import { keyOfNote, noteOf, readNote } from './formats/markdown.ts';
import { noteName } from './note-name.ts';

export interface NotesWritten {
  readonly written: number;
  /** Were there already, with the same text. */
  readonly unchanged: number;
  /** Notes in the folder of memories that are not in this export. */
  readonly others: number;
  readonly bytes: number;
}

export interface NotesOptions {
  /** Whether edited notes are replaced. */
  readonly force: boolean;
  /** The zone of times that a note names without one. */
  readonly timeZone: string;
}

/** Written at the same time, because each waits for the disk. */
const parallel = 32;

export async function writeNotes(folder: string, content: ExportContent, options: NotesOptions): Promise<NotesWritten> {
  const present = listFiles(folder);
  if (present.size > 0) await requireReplaceable(folder, content, present, options);
  const done = { written: 0, unchanged: 0, bytes: 0 };
  const names = new Set<string>();
  const write = async (exported: ExportedMemory) => {
    const [name, text] = [noteName(exported.memory.key), noteOf(exported)];
    names.add(name);
    done.bytes += Buffer.byteLength(text);
    if (present.has(name) && readRegularFile(join(folder, name)) === text) {
      done.unchanged += 1;
      return;
    }
    await replaceFile(join(folder, name), (file) => file.writeFile(text));
    done.written += 1;
  };
  try {
    let batch: ExportedMemory[] = [];
    const flush = async () => {
      await Promise.all(batch.map(write));
      batch = [];
    };
    for await (const exported of content.memories()) {
      batch.push(exported);
      if (batch.length >= parallel) await flush();
    }
    await flush();
    await removeLeftoversOf(folder, (name) => names.has(name));
  } catch (error) {
    throw describeFailure(error, folder, done.written);
  }
  let others = 0;
  for (const name of present) if (!names.has(name) && (await isNote(join(folder, name)))) others += 1;
  return { ...done, others };
}

/** The names in the folder; none if there is no folder. */
function listFiles(folder: string): ReadonlySet<string> {
  try {
    if (!statSync(folder).isDirectory()) {
      throw new MemoryMcpError('conflict', `${folder} is a file, and notes need a folder`, {
        hint: 'Name another one with --out. Nothing was written.',
      });
    }
    return new Set(readdirSync(folder));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return new Set();
    throw describeFailure(error, folder, 0);
  }
}

async function requireReplaceable(
  folder: string,
  content: ExportContent,
  present: ReadonlySet<string>,
  { force, timeZone }: NotesOptions,
): Promise<void> {
  const edited: string[] = [];
  for await (const exported of content.memories()) {
    const name = noteName(exported.memory.key);
    if (!present.has(name)) continue;
    const state = await stateOf(join(folder, name), exported, timeZone);
    if (state === 'foreign') {
      throw new MemoryMcpError('conflict', `${join(folder, name)} is no note of this memory, and is not replaced`, {
        hint: 'Name another folder with --out. Nothing was written.',
      });
    }
    if (state === 'edited') edited.push(name);
  }
  if (force || edited.length === 0) return;
  const [first = ''] = edited;
  const count = edited.length === 1 ? 'One note there was' : `${edited.length} notes there were`;
  throw new MemoryMcpError('conflict', `${count} edited since the export, for example ${join(folder, first)}`, {
    hint: 'Import the folder to take that over, or use --force to replace them. Nothing was written.',
  });
}

async function stateOf(
  path: string,
  exported: ExportedMemory,
  timeZone: string,
): Promise<'exported' | 'edited' | 'foreign'> {
  // A link could lead to a file elsewhere.
  if (!lstatSync(path).isFile()) return 'foreign';
  const found = readRegularFile(path);
  if (found === noteOf(exported)) return 'exported';
  if ((await keyOfNote(found)) !== exported.memory.key) return 'foreign';
  return (await isExported(found, exported, timeZone)) ? 'exported' : 'edited';
}

/** Whether an export wrote the note, now or earlier, or an import has taken all of it over. */
async function isExported(text: string, exported: ExportedMemory, timeZone: string): Promise<boolean> {
  try {
    const item = await readNote({ name: exported.memory.key }, text, { timeZone });
    return item.kind === 'memory' && item.ignored?.length === 0 && isUnedited(exported, item.memory);
  } catch (error) {
    if (error instanceof MemoryMcpError) return false;
    throw error;
  }
}

async function isNote(path: string): Promise<boolean> {
  return path.endsWith('.md') && lstatSync(path).isFile() && (await keyOfNote(readRegularFile(path))) !== undefined;
}

function describeFailure(error: unknown, folder: string, written: number): unknown {
  if (error instanceof MemoryMcpError || codeOf(error) === undefined) return error;
  const files = written === 1 ? '1 complete note is' : `${written} complete notes are`;
  return new MemoryMcpError('backend_unavailable', `The notes could not be written to ${folder} (${reasonOf(error)})`, {
    hint: `${adviseOnAccess(folder) ?? 'Check the free space and the permissions there.'} ${files} there; export again to continue.`,
    cause: error,
  });
}
