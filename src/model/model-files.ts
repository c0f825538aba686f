/**
 * Finds and identifies the files of a model on disk. The downloader writes a manifest with the commit it downloaded.
 * Files without a manifest are identified by the hash of their content.
 */
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../core/errors.ts';
import { resolveInside } from '../files/inside-folder.ts';
import { readRegularFile } from '../files/regular-file.ts';
import type { ModelPlace } from './model-reference.ts';

export const manifestFile = '.memory-mcp.json';
/** Every model needs these files, besides its graph. */
export const requiredFiles = ['config.json', 'tokenizer.json', 'tokenizer_config.json'] as const;

/** Files in which sentence-transformers describes how to use a model. */
const descriptions = [
  'modules.json',
  '1_Pooling/config.json',
  'config_sentence_transformers.json',
  'sentence_bert_config.json',
];

export interface ManifestFile {
  readonly path: string;
  readonly bytes: number;
  /** The hash that the hub gives: `sha256:` of the content, or `blob:` of a git blob. */
  readonly hash: string;
}

/** Describes a download. Written when the download is complete. */
export interface Manifest {
  readonly repository: string;
  /** A commit, never the name of a branch. */
  readonly revision: string;
  readonly files: readonly ManifestFile[];
}

/** A git commit. It becomes part of URLs and of the id of a vector space. */
const commitRule = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
/** The digits become part of a file name. */
const hashRule = /^(?:sha256:[0-9a-f]{64}|blob:[0-9a-f]{40})$/;

export const isCommit = (text: unknown): text is string => typeof text === 'string' && commitRule.test(text);
export const isHubHash = (text: string): boolean => hashRule.test(text);
export const isFileSize = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

export interface ModelFiles {
  /** The real path, as the inference process needs it. */
  readonly folder: string;
  readonly graph: string;
  /** The commit from the manifest. If undefined, the content has to be hashed. */
  readonly revision: string | undefined;
  /** Sizes and modification times of all files that affect the vectors. Changes when the files do. */
  readonly stamp: string;
  /** The files that identify the model, relative to the folder: graph, weights and tokenizer. */
  readonly identity: readonly string[];
}

/** Returns the files of a model, or undefined if one is missing. Makes a few synchronous file system calls. */
export function findModelFiles({ folder, graphs }: ModelPlace): ModelFiles | undefined {
  const graph = graphs.find((file) => readSize(join(folder, file)) !== undefined);
  if (graph === undefined || requiredFiles.some((file) => readSize(join(folder, file)) === undefined)) return undefined;
  const manifest = readManifest(folder);
  const listed = manifest?.files.some(({ path }) => path === graph) === true;
  if (listed && manifest.files.some(({ path, bytes }) => readSize(join(folder, path)) !== bytes)) return undefined;
  const identity = [...listGraphParts(folder, graph), 'tokenizer.json', 'tokenizer_config.json'];
  return {
    folder: realpathSync(folder),
    graph,
    revision: listed ? manifest.revision : undefined,
    stamp: [...identity, 'config.json', ...descriptions].map((file) => readStamp(join(folder, file))).join(' '),
    identity,
  };
}

/** Also undefined for a manifest that the downloader cannot have written. The files are then identified by content. */
export function readManifest(folder: string): Manifest | undefined {
  try {
    // The fields are checked below.
    const manifest = JSON.parse(readRegularFile(join(folder, manifestFile))) as Manifest;
    const { repository, revision, files } = manifest;
    if (typeof repository !== 'string' || !isCommit(revision)) return undefined;
    for (const { path, bytes, hash } of files) {
      resolveInside(folder, path);
      if (!isFileSize(bytes) || !isHubHash(hash)) return undefined;
    }
    return manifest;
  } catch {
    return undefined;
  }
}

/** The graph or its external data: ONNX stores weights above 2 GB in `<graph>_data`, `<graph>_data_1` and so on. */
export function isGraphPart(file: string, graph: string): boolean {
  return file === graph || file.startsWith(`${graph}_data`);
}

/** Makes a revision for files that have none: a sha256 of their names and contents. */
export async function hashModelFiles({ folder, identity }: ModelFiles): Promise<string> {
  const hash = createHash('sha256');
  for (const file of identity) {
    hash.update(`${file}\0`);
    for await (const chunk of createReadStream(join(folder, file), { highWaterMark: 256 * 1024 })) hash.update(chunk);
  }
  return `sha256-${hash.digest('hex').slice(0, 32)}`;
}

/** Total size of all files in a folder, in bytes. */
export function folderSize(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => readSize(join(folder, file)) ?? 0)
    .reduce((sum, size) => sum + size, 0);
}

function listGraphParts(folder: string, graph: string): string[] {
  const subfolder = graph.split('/').slice(0, -1).join('/');
  const names = readdirSync(join(folder, subfolder)).map((name) => (subfolder === '' ? name : `${subfolder}/${name}`));
  return names.filter((name) => isGraphPart(name, graph) && readSize(join(folder, name)) !== undefined).sort();
}

/** The size of a regular file. Undefined if there is none. */
function readSize(path: string): number | undefined {
  try {
    const found = statSync(path);
    return found.isFile() ? found.size : undefined;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}

function readStamp(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? '-' : `${found.size}:${found.mtimeMs}`;
}
