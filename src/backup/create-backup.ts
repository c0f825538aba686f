/**
 * Creates a backup: one archive with consistent copies of the personas, also while servers write. The archive gets its
 * name when it is complete and on disk. Not included: configuration, tokens, models, logs and index files.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import { createPrivateFolder, type DataPaths, dataPaths, type PersonaPaths, personaPaths } from '../config/paths.ts';
import { codeOf, MemoryMcpError, reasonOf } from '../core/errors.ts';
import { adviseOnAccess } from '../files/access-problem.ts';
import { makeFolder } from '../files/make-folder.ts';
import { pathExists } from '../files/path-exists.ts';
import { privateFileMode, privateFolderMode } from '../files/private-modes.ts';
import { createTemporaryPath, removeLeftovers, syncFolder } from '../files/replace-file.ts';
import { writeArchive } from './archive.ts';
import { copyPersonaFiles } from './copy-persona-files.ts';
import { readDataFolderId } from './data-folder-id.ts';
import { type Manifest, type ManifestFile, type ManifestPersona, manifestName } from './manifest.ts';
import { verifyBackup } from './verify-backup.ts';

export interface BackupOptions {
  readonly paths: DataPaths;
  /** Names of persona folders. */
  readonly personas: readonly string[];
  /** The persona that was asked for; undefined for all. */
  readonly selection?: string | undefined;
  /** The folder of the archives. */
  readonly out: string;
  /** Whether the archive is checked, as a restore would, before it gets its name. */
  readonly verify?: boolean | undefined;
  readonly version: string;
  readonly now: () => Date;
}

export interface Backup {
  readonly archive: string;
  readonly bytes: number;
  readonly manifest: Manifest;
}

export async function createBackup(options: BackupOptions): Promise<Backup> {
  const { paths, personas, selection, out, verify = false, version, now } = options;
  const prefix = join(out, 'memory-backup');
  const staging = createTemporaryPath(prefix);
  const temporary = createTemporaryPath(prefix);
  try {
    makeFolder(out, privateFolderMode);
    await removeLeftovers(prefix);
    const startedAt = now();
    const copies: ManifestPersona[] = [];
    for (const name of personas) copies.push(await copyPersona(personaPaths(paths, name), name, staging));
    const manifest: Manifest = {
      format: 'memory-mcp backup',
      format_version: 1,
      data_folder: await readDataFolderId(paths),
      created_at: startedAt.toISOString(),
      memory_mcp: version,
      selection: selection ?? null,
      personas: copies,
      files: await listFiles(staging),
    };
    await writeDurably(temporary, manifest, staging, startedAt);
    await rm(staging, { recursive: true });
    // In the room that the copies took up.
    if (verify) await verifyBackup(temporary, staging);
    const archive = await publish(temporary, out, startedAt);
    return { archive, bytes: (await stat(archive)).size, manifest };
  } catch (error) {
    throw describeFailure(error, out);
  } finally {
    // What cannot be removed now goes with the next backup. The first error is the one to report.
    await rm(staging, { recursive: true, force: true }).catch(() => {});
    await rm(temporary, { force: true }).catch(() => {});
  }
}

async function copyPersona(from: PersonaPaths, name: string, staging: string): Promise<ManifestPersona> {
  const to = personaPaths(dataPaths(staging), name);
  createPrivateFolder(to.folder);
  const { storeId, schemaVersion, memories, deleted, versions } = await copyPersonaFiles(from, to);
  return { name, store_id: storeId, schema_version: schemaVersion, memories, deleted, versions };
}

async function listFiles(staging: string): Promise<ManifestFile[]> {
  const entries = await readdir(staging, { withFileTypes: true, recursive: true });
  const files: ManifestFile[] = [];
  for (const entry of entries.filter((found) => found.isFile())) {
    const file = join(entry.parentPath, entry.name);
    const { size: bytes } = await stat(file);
    files.push({ path: relative(staging, file).split(sep).join('/'), bytes, sha256: await hashFile(file) });
  }
  return files.sort((one, other) => (one.path < other.path ? -1 : 1));
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}

async function writeDurably(temporary: string, manifest: Manifest, staging: string, modified: Date): Promise<void> {
  const text = Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`);
  const file = await open(temporary, 'wx', privateFileMode);
  try {
    await writeArchive(
      file,
      [
        { name: manifestName, bytes: text.length, read: () => Readable.from([text]) },
        ...manifest.files.map(({ path, bytes }) => ({
          name: path,
          bytes,
          read: () => createReadStream(join(staging, path)),
        })),
      ],
      modified,
    );
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Gives the archive its name: the time in UTC. Never replaces another archive. */
async function publish(temporary: string, out: string, startedAt: Date): Promise<string> {
  for (let moment = startedAt.getTime(); ; moment += 1_000) {
    const archive = join(out, archiveName(new Date(moment)));
    try {
      await link(temporary, archive);
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue;
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(codeOf(error) ?? '')) throw error;
      // A file system without hard links.
      if (pathExists(archive)) continue;
      await rename(temporary, archive);
    }
    await syncFolder(dirname(archive));
    return archive;
  }
}

function archiveName(moment: Date): string {
  const [date = '', time = ''] = moment.toISOString().replaceAll(/[-:]/g, '').split(/[T.]/);
  return `memory-backup-${date}-${time}.tar.gz`;
}

function describeFailure(error: unknown, out: string): unknown {
  if (error instanceof MemoryMcpError || codeOf(error) === undefined) return error;
  return new MemoryMcpError('backend_unavailable', `The backup could not be written to ${out} (${reasonOf(error)})`, {
    hint: `${adviseOnAccess(out) ?? 'Check the free space and the permissions of that folder.'}\nOr choose another folder with --out. No archive was created.`,
    cause: error,
  });
}
