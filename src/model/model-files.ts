/**
 * What is on disk of a model: which files there are, whether they are enough, what they are identified by. The
 * downloader leaves a manifest with the commit it fetched; files without one are known by the hash of their content.
 */
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../core/errors.ts';
import { insideFolder } from '../files/inside-folder.ts';
import { readRegularFile } from '../files/regular-file.ts';
import type { ModelPlace } from './model-reference.ts';

export const manifestFile = '.memory-mcp.json';
/** Without these no model can be loaded, whatever its graph is called. */
export const requiredFiles = ['config.json', 'tokenizer.json', 'tokenizer_config.json'] as const;

/** What sentence-transformers writes beside a model about its use. */
const descriptions = [
  'modules.json',
  '1_Pooling/config.json',
  'config_sentence_transformers.json',
  'sentence_bert_config.json',
];

export interface ManifestFile {
  readonly path: string;
  readonly bytes: number;
  /** The hub's own hash: `sha256:` of the content, or `blob:` of a git blob. */
  readonly hash: string;
}

/** What a download left, written when all of it had arrived. */
export interface Manifest {
  readonly repository: string;
  /** The commit, never the name of a branch. */
  readonly revision: string;
  readonly files: readonly ManifestFile[];
}

/** A commit of git: it becomes part of addresses and of the name of a vector space. */
const commitRule = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
/** Its digits become part of a file name. */
const hashRule = /^(?:sha256:[0-9a-f]{64}|blob:[0-9a-f]{40})$/;

export const isCommit = (text: unknown): text is string => typeof text === 'string' && commitRule.test(text);
export const isHubHash = (text: string): boolean => hashRule.test(text);
export const isFileSize = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

export interface ModelFiles {
  /** Without symbolic links, as the inference process takes it. */
  readonly folder: string;
  readonly graph: string;
  /** The commit where a manifest knows it; else the content has to be hashed. */
  readonly revision: string | undefined;
  /** Sizes and times of all files that have a say in the vectors: changes when they do. */
  readonly stamp: string;
  /** The files that make the vectors, relative to the folder: graph with its weights, and tokenizer. */
  readonly identity: readonly string[];
}

/** The files of a model, or undefined where something is missing. A few synchronous looks at the disk. */
export function findModelFiles({ folder, graphs }: ModelPlace): ModelFiles | undefined {
  const graph = graphs.find((file) => sizeOf(join(folder, file)) !== undefined);
  if (graph === undefined || requiredFiles.some((file) => sizeOf(join(folder, file)) === undefined)) return undefined;
  const manifest = readManifest(folder);
  const listed = manifest?.files.some(({ path }) => path === graph) === true;
  if (listed && manifest.files.some(({ path, bytes }) => sizeOf(join(folder, path)) !== bytes)) return undefined;
  const identity = [...graphParts(folder, graph), 'tokenizer.json', 'tokenizer_config.json'];
  return {
    folder: realpathSync(folder),
    graph,
    revision: listed ? manifest.revision : undefined,
    stamp: [...identity, 'config.json', ...descriptions].map((file) => stampOf(join(folder, file))).join(' '),
    identity,
  };
}

/** Undefined as well for one that the downloader cannot have written: the files are then known by their content. */
export function readManifest(folder: string): Manifest | undefined {
  try {
    // Checked field by field below.
    const manifest = JSON.parse(readRegularFile(join(folder, manifestFile))) as Manifest;
    const { repository, revision, files } = manifest;
    if (typeof repository !== 'string' || !isCommit(revision)) return undefined;
    for (const { path, bytes, hash } of files) {
      insideFolder(folder, path);
      if (!isFileSize(bytes) || !isHubHash(hash)) return undefined;
    }
    return manifest;
  } catch {
    return undefined;
  }
}

/** The graph and the files with its weights that ONNX keeps apart from two gigabytes on: `<graph>_data`, `_data_1`. */
export function isGraphPart(file: string, graph: string): boolean {
  return file === graph || file.startsWith(`${graph}_data`);
}

/** A revision for files that nobody gave one: sha256 over their names and contents, read as a stream. */
export async function hashModelFiles({ folder, identity }: ModelFiles): Promise<string> {
  const hash = createHash('sha256');
  for (const file of identity) {
    hash.update(`${file}\0`);
    for await (const chunk of createReadStream(join(folder, file), { highWaterMark: 256 * 1024 })) hash.update(chunk);
  }
  return `sha256-${hash.digest('hex').slice(0, 32)}`;
}

/** All files of a folder together, in bytes. */
export function folderSize(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => sizeOf(join(folder, file)) ?? 0)
    .reduce((sum, size) => sum + size, 0);
}

function graphParts(folder: string, graph: string): string[] {
  const inFolder = graph.split('/').slice(0, -1).join('/');
  const names = readdirSync(join(folder, inFolder)).map((name) => (inFolder === '' ? name : `${inFolder}/${name}`));
  return names.filter((name) => isGraphPart(name, graph) && sizeOf(join(folder, name)) !== undefined).sort();
}

/** Of a regular file, else undefined. */
function sizeOf(path: string): number | undefined {
  try {
    const found = statSync(path);
    return found.isFile() ? found.size : undefined;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}

function stampOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? '-' : `${found.size}:${found.mtimeMs}`;
}
