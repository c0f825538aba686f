/**
 * The documents of an import: one file, the files of a folder, or the files in a ZIP archive. Links are not followed,
 * hidden files are left out, and nothing is ever extracted to the disk.
 */
import { closeSync, createReadStream, fstatSync, type Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { codeOf, MemoryMcpError, reasonOf } from '../core/errors.ts';
import { openRegularFile } from '../files/regular-file.ts';
import type { Document } from './document.ts';
import { isZip, openZip } from './zip.ts';

export interface Input {
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'archive';
  /** In the order of their names. */
  readonly documents: readonly Document[];
  close(): Promise<void>;
}

/** Throws `not_found`, or `backend_unavailable` for what cannot be read. */
export async function openInput(given: string): Promise<Input> {
  const path = resolve(given);
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) {
      return { path, kind: 'folder', documents: await listFolder(path, ''), close: async () => {} };
    }
    if (isZip(path)) return { path, kind: 'archive', ...(await openZip(path)) };
    return { path, kind: 'file', documents: [fileDocument(path, basename(path), stats)], close: async () => {} };
  } catch (error) {
    if (error instanceof MemoryMcpError) throw error;
    if (codeOf(error) === 'ENOENT') throw new MemoryMcpError('not_found', `${path} does not exist`);
    throw new MemoryMcpError('backend_unavailable', `${path} cannot be read (${reasonOf(error)})`, { cause: error });
  }
}

async function listFolder(root: string, below: string): Promise<Document[]> {
  const entries = await readdir(join(root, below), { withFileTypes: true });
  const documents: Document[] = [];
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    const path = join(root, name);
    if (entry.isDirectory()) documents.push(...(await listFolder(root, name)));
    else if (entry.isFile()) documents.push(fileDocument(path, name, await stat(path)));
  }
  return documents;
}

function fileDocument(path: string, name: string, { size, mtime, mtimeMs, dev, ino }: Stats): Document {
  return {
    name,
    bytes: size,
    modified: mtime,
    async *open() {
      const file = openRegularFile(path);
      const found = fstatSync(file);
      const isSame = found.dev === dev && found.ino === ino;
      // What a program appends meanwhile, as to the transcript of a session, is left for the next import.
      if (!isSame || found.size < size || (found.size === size && found.mtimeMs !== mtimeMs)) {
        closeSync(file);
        throw new MemoryMcpError('conflict', `${path} was changed while it was being imported`, {
          hint: 'Import it again when nothing writes to it. What was imported already is recognised.',
        });
      }
      if (size === 0) closeSync(file);
      else yield* createReadStream(path, { fd: file, highWaterMark: 2 ** 18, end: size - 1 });
    },
  };
}
