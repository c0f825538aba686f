/**
 * Reads backups. A backup is extracted into an empty folder first and checked there, so nothing outside of that folder
 * is touched before everything is known to be complete and unchanged.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { buffer } from 'node:stream/consumers';
import * as z from 'zod';
import { createPrivateFolder, type DataPaths, dataPaths, personaPaths } from '../config/paths.ts';
import { MemoryMcpError, reasonOf } from '../core/errors.ts';
import { parsePersonaName } from '../core/persona.ts';
import { quoteForMessage } from '../core/text/visible-text.ts';
import { requireFreeSpace } from '../files/free-space.ts';
import { resolveInside } from '../files/inside-folder.ts';
import { privateFileMode } from '../files/private-modes.ts';
import { inspectDatabase } from '../store/database-copy.ts';
import { refuseNewerSchema } from '../store/sqlite/migrations.ts';
import { readArchive } from './archive.ts';
import { type Manifest, type ManifestFile, manifestName, manifestSchema } from './manifest.ts';

const manifestLimit = 16 * 2 ** 20;

/** Reads only the beginning of the archive. */
export async function readManifest(archive: string): Promise<Manifest> {
  let manifest: Manifest | undefined;
  await readArchive(archive, async ({ name, bytes, content }) => {
    manifest = await parseManifest(archive, name, bytes, content);
    return false;
  });
  if (manifest === undefined) throw damaged(archive, 'it is empty');
  return manifest;
}

/**
 * Extracts the archive into `folder`, laid out like a data folder, and checks it: names, sizes, checksums, integrity of
 * the databases and their counts. Throws `corrupt` or `forbidden`; `folder` may then contain part of it.
 */
export async function extractBackup(archive: string, folder: string): Promise<Manifest> {
  createPrivateFolder(folder);
  let manifest: Manifest | undefined;
  const missing = new Map<string, ManifestFile>();
  await readArchive(archive, async ({ name, bytes, content }) => {
    if (manifest === undefined) {
      manifest = await parseManifest(archive, name, bytes, content);
      for (const { schema_version: schema } of manifest.personas) refuseNewerSchema(archive, schema);
      await requireRoom(archive, folder, manifest);
      for (const file of manifest.files) missing.set(file.path, file);
      return true;
    }
    const announced = missing.get(name);
    if (announced === undefined) {
      throw new MemoryMcpError(
        'forbidden',
        `${archive} contains ${quoteForMessage(name)}, which its manifest does not list`,
        {
          hint: 'Nothing was changed.',
        },
      );
    }
    if (announced.bytes !== bytes) throw damaged(archive, `${name} has ${bytes} bytes instead of ${announced.bytes}`);
    missing.delete(name);
    if ((await writeContent(resolveInside(folder, name), content)) !== announced.sha256) {
      throw damaged(archive, `the checksum of ${name} is wrong`);
    }
    return true;
  });
  const [absent] = missing.keys();
  if (manifest === undefined || absent !== undefined) throw damaged(archive, `${absent ?? manifestName} is missing`);
  await checkDatabases(archive, dataPaths(folder), manifest);
  return manifest;
}

async function parseManifest(
  archive: string,
  name: string,
  bytes: number,
  content: AsyncIterable<Uint8Array>,
): Promise<Manifest> {
  if (name !== manifestName || bytes > manifestLimit) throw damaged(archive, 'it does not begin with a manifest');
  let manifest: Manifest;
  try {
    const found: unknown = JSON.parse((await buffer(content)).toString('utf8'));
    refuseOtherFormat(archive, found);
    manifest = manifestSchema.parse(found);
  } catch (cause) {
    if (cause instanceof MemoryMcpError) throw cause;
    throw new MemoryMcpError('corrupt', `${archive} has a manifest that this version cannot read`, {
      hint: 'It is damaged. Nothing was changed. Use another archive.',
      cause,
    });
  }
  const allowed = manifest.personas.map(({ name: persona }) => {
    const paths = personaPaths(dataPaths(''), requirePersonaName(archive, persona));
    return {
      files: [paths.database, paths.context, paths.cleanupSuggestions].map(toPortable),
      original: toPortable(paths.original),
    };
  });
  for (const { path } of manifest.files) {
    resolveInside('/', path);
    if (!allowed.some(({ files, original }) => files.includes(path) || path.startsWith(`${original}/`))) {
      throw new MemoryMcpError(
        'forbidden',
        `${archive} lists ${quoteForMessage(path)}, which is not a file of a persona`,
        {
          hint: 'Nothing was changed.',
        },
      );
    }
  }
  return manifest;
}

const anyFormat = manifestSchema.pick({ format: true, memory_mcp: true }).extend({ format_version: z.number() });

function refuseOtherFormat(archive: string, manifest: unknown): void {
  const { data } = anyFormat.safeParse(manifest);
  const { value: supported } = manifestSchema.shape.format_version;
  if (data === undefined || data.format_version === supported) return;
  throw new MemoryMcpError(
    'conflict',
    `${archive} was written by memory-mcp ${quoteForMessage(data.memory_mcp)} in format ${data.format_version}; this version reads format ${supported}`,
    { hint: 'Upgrade memory-mcp, for example with "npx -y memory-mcp@latest". Nothing was changed.' },
  );
}

function requirePersonaName(archive: string, name: string): string {
  try {
    parsePersonaName(name);
    return name;
  } catch (cause) {
    throw new MemoryMcpError('forbidden', `${archive} is refused: ${reasonOf(cause)}`, {
      hint: 'Nothing was changed.',
      cause,
    });
  }
}

const toPortable = (path: string): string => path.replaceAll('\\', '/');

async function requireRoom(archive: string, folder: string, { files }: Manifest): Promise<void> {
  const needed = files.reduce((sum, { bytes }) => sum + bytes, 0);
  await requireFreeSpace(dirname(folder), needed, archive);
}

/** Returns the SHA-256 of the content. */
async function writeContent(path: string, content: AsyncIterable<Uint8Array>): Promise<string> {
  createPrivateFolder(dirname(path));
  const hash = createHash('sha256');
  const file = await open(path, 'wx', privateFileMode);
  try {
    for await (const chunk of content) {
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

async function checkDatabases(archive: string, paths: DataPaths, { personas }: Manifest): Promise<void> {
  for (const { name, ...announced } of personas) {
    let found: Awaited<ReturnType<typeof inspectDatabase>>;
    try {
      found = await inspectDatabase(personaPaths(paths, name).database);
    } catch (error) {
      throw damaged(archive, `persona "${name}": ${reasonOf(error)}`);
    }
    const { memories, deleted, versions } = found;
    if (
      found.storeId === announced.store_id &&
      memories === announced.memories &&
      deleted === announced.deleted &&
      versions === announced.versions
    )
      continue;
    throw damaged(archive, `persona "${name}" has ${memories} memories instead of ${announced.memories}`);
  }
}

function damaged(archive: string, what: string): MemoryMcpError {
  return new MemoryMcpError('corrupt', `${archive} is damaged: ${what}`, {
    hint: 'Nothing was changed. Use another archive.',
  });
}
