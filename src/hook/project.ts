/**
 * The project of a conversation: the git repository that its working directory is in. Its folder's name becomes a tag.
 * Nothing of the repository is read but the `.git` entry.
 */
import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { tagLimit } from '../core/memory-fields.ts';
import { visibleText } from '../core/text/visible-text.ts';
import { readRegularFile } from '../files/regular-file.ts';

export interface Project {
  readonly root: string;
  /** For example `project:memory-mcp`. */
  readonly tag: string;
}

const maximumDepth = 64;
const worktree = /^gitdir: (.+)[/\\]\.git[/\\]worktrees[/\\][^/\\]+\s*$/;

export function projectOf(directory: string): Project | undefined {
  let folder = directory;
  for (let depth = 0; depth < maximumDepth; depth++) {
    const root = rootIn(folder);
    if (root !== undefined) return { root, tag: tagOf(root) };
    const parent = dirname(folder);
    if (parent === folder) return undefined;
    folder = parent;
  }
  return undefined;
}

/** A folder may come from somebody else, and its name with it. */
function tagOf(root: string): string {
  return visibleText(`project:${basename(root)}`).slice(0, tagLimit.length);
}

/** The repository if `folder` is its root. All worktrees of a repository are one project. */
function rootIn(folder: string): string | undefined {
  const entry = join(folder, '.git');
  try {
    const found = statSync(entry, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    if (found.isDirectory()) return folder;
    return worktree.exec(readRegularFile(entry))?.[1] ?? folder;
  } catch {
    return undefined;
  }
}
