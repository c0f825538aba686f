/**
 * Changes a client's configuration file: plans the new text and checks that nothing else differs, keeps a backup beside
 * the file, and takes it back. A file that the client has changed meanwhile is edited, never overwritten by the backup.
 */
import { copyFileSync, existsSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { MemoryMcpError } from '../core/errors.ts';
import { readRegularFile } from '../files/regular-file.ts';
import { replaceFile } from '../files/replace-file.ts';
import type { Edit, WantedFile } from './client-table.ts';
import { editJson, parseJson, revertJson, valueIn } from './edit-json.ts';
import { editToml, parseToml, revertToml } from './edit-toml.ts';

export interface FileChange {
  readonly path: string;
  /** Undefined if the file does not exist. */
  readonly before: string | undefined;
  /** Undefined if the file is to be removed. */
  readonly after: string | undefined;
}

const backupMark = '.memory-mcp-backup-';

/** What `setup` would write. */
export function planChange(wanted: WantedFile): FileChange {
  const path = followLink(wanted.path);
  const before = readIfThere(path);
  return { path, before, after: edited(before ?? '', wanted) };
}

/** What `setup --undo` would write: the backup if nothing else has changed since, else the file without our parts. */
export function planUndo(wanted: WantedFile): FileChange {
  const path = followLink(wanted.path);
  const before = readIfThere(path);
  if (before === undefined) return { path, before, after: undefined };
  const backup = newestBackup(path);
  const saved = backup === undefined ? undefined : readRegularFile(backup);
  if (saved !== undefined && edited(saved, wanted) === before) return { path, before, after: saved };
  if (saved === undefined && edited('', wanted) === before) return { path, before, after: undefined };
  return { path, before, after: reverted(before, wanted, saved) };
}

/** Writes a planned change. Returns the backup that was made, if there was something to keep. */
export async function writeChange({ path, before, after }: FileChange, now: Date): Promise<string | undefined> {
  if (readIfThere(path) !== before) {
    throw new MemoryMcpError('conflict', `${path} has just been changed by another program`, {
      hint: 'Close the client and try again. It was left as it is.',
    });
  }
  const backup =
    before === undefined ? undefined : `${path}${backupMark}${now.toISOString().replace(/\D/g, '').slice(0, 14)}`;
  if (backup !== undefined) copyFileSync(path, backup);
  if (after === undefined) rmSync(path, { force: true });
  else {
    const mode = before === undefined ? undefined : statSync(path).mode & 0o777;
    await replaceFile(path, async (file) => {
      await file.writeFile(after);
      if (mode !== undefined) await file.chmod(mode);
    });
  }
  return backup;
}

/** Removes the backups that `setup` has made of a file. */
export function removeBackups(path: string): void {
  for (const backup of backupsOf(followLink(path))) rmSync(backup, { force: true });
}

function edited(text: string, { path, format, edits }: WantedFile): string {
  const [parse, edit] = format === 'json' ? [parseJson, editJson] : [parseToml, editToml];
  const before = parse(text, path);
  const after = edit(text, joinToPresent(edits, before));
  assertNothingElse(withoutEdits(before, edits), withoutEdits(parse(after, path), edits), path);
  return after;
}

/** The edits that change something, with what the user has added to our values. */
function joinToPresent(edits: readonly Edit[], tree: unknown): Edit[] {
  return edits.flatMap((edit): Edit[] => {
    if (!('value' in edit) || edit.joinedTo === undefined) return [edit];
    const present = valueIn(tree, edit.at);
    const value = edit.joinedTo(present);
    return isDeepStrictEqual(value, present) ? [] : [{ ...edit, value }];
  });
}

function reverted(text: string, { path, format, edits }: WantedFile, saved: string | undefined): string {
  const parse = format === 'json' ? parseJson : parseToml;
  const before = parse(text, path);
  const savedTree = saved === undefined ? {} : parse(saved, path);
  const after = format === 'json' ? revertJson(text, edits, savedTree) : revertToml(text, edits);
  assertNothingElse(withoutEdits(before, edits), withoutEdits(parse(after, path), edits), path);
  return after;
}

/** The tree without what the edits touch, and without what is empty then. */
function withoutEdits(tree: unknown, edits: readonly Edit[]): unknown {
  const copy: unknown = structuredClone(tree);
  for (const edit of edits) removeAt(copy, edit.at, 'value' in edit ? undefined : edit.isOurs);
  return copy;
}

function removeAt(
  tree: unknown,
  [name = '', ...rest]: readonly string[],
  isOurs?: (element: unknown) => boolean,
): void {
  if (typeof tree !== 'object' || tree === null) return;
  const members = new Map<string, unknown>(Object.entries(tree));
  const value = members.get(name);
  if (rest.length > 0) removeAt(value, rest, isOurs);
  const kept = isOurs === undefined || !Array.isArray(value) ? value : value.filter((element) => !isOurs(element));
  const gone = rest.length === 0 && (isOurs === undefined || (Array.isArray(kept) && kept.length === 0));
  if (gone || isEmptyObject(kept)) Reflect.deleteProperty(tree, name);
  else if (value !== undefined) Reflect.set(tree, name, kept);
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}

/** The safety net: text was edited, so what it means is compared. */
function assertNothingElse(before: unknown, after: unknown, path: string): void {
  if (isDeepStrictEqual(before, after)) return;
  throw new MemoryMcpError('internal', `The edit of ${path} would have changed more than the entry of memory-mcp`, {
    hint: 'It was not changed. Add the lines by hand: "memory-mcp setup <client> --print" shows them.',
  });
}

/** Dotfiles are often links: the file behind it is replaced, the link stays. */
function followLink(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readRegularFile(path) : undefined;
}

/** Newest last: the name ends with the time. */
function backupsOf(path: string): string[] {
  const folder = dirname(path);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${basename(path)}${backupMark}`))
    .sort()
    .map((name) => join(folder, name));
}

function newestBackup(path: string): string | undefined {
  return backupsOf(path).at(-1);
}
