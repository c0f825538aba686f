/**
 * Fetches a model into its folder. Each file comes into a `.partial` beside its place, goes on where it stopped, and
 * is checked by size and by the hub's own hash; only when all are there do they take their places, the graph last, so
 * that a model is there whole or not at all. One process at a time.
 */
import { renameSync, statSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { codeOf, MemoryMcpError, reasonOf } from '../../core/errors.ts';
import { visibleText } from '../../core/text/visible-text.ts';
import { insideFolder } from '../../files/inside-folder.ts';
import { makeFolder } from '../../files/make-folder.ts';
import {
  findModelFiles,
  isGraphPart,
  type Manifest,
  type ManifestFile,
  manifestFile,
  readManifest,
  requiredFiles,
} from '../model-files.ts';
import type { ModelPlace } from '../model-reference.ts';
import { fetchFile } from './download-file.ts';
import { acquireDownloadLock, type DownloadProgress } from './download-lock.ts';
import type { Hub, RepositoryListing } from './hub.ts';

export interface DownloadDeps {
  readonly hub: Hub;
  readonly clock: Clock;
  readonly onProgress: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal | undefined;
  /** Fetch again what is here already, at the newest commit. */
  readonly force?: boolean;
  /** Milliseconds before a broken connection is opened again. */
  readonly retryPause?: number;
}

/** Files that say how a model is to be used; fetched where the repository has them. */
const descriptions =
  /^(special_tokens_map\.json|modules\.json|config_sentence_transformers\.json|sentence_bert_config\.json|\d+_\w+\/config\.json)$/;

/** Resolves when the model is whole in `place.folder`, also if another process has fetched it. */
export async function downloadModel(place: ModelPlace, parts: DownloadDeps): Promise<void> {
  const { folder, source } = place;
  if (source === undefined)
    throw new MemoryMcpError('invalid_input', `${folder} is a folder of your own: nothing is fetched into it`);
  const { clock, onProgress, signal, force = false } = parts;
  try {
    makeFolder(folder);
    const lock = await acquireDownloadLock(folder, { clock, onWaiting: onProgress, signal });
    try {
      if (!force && findModelFiles(place) !== undefined) return;
      const reporting = (progress: DownloadProgress) => {
        lock.report(progress);
        onProgress(progress);
      };
      await fetchAll(place, source, { ...parts, onProgress: reporting });
    } finally {
      lock.release();
    }
  } catch (error) {
    throw withoutRoom(error, folder) ?? error;
  }
}

async function fetchAll(
  place: ModelPlace,
  source: NonNullable<ModelPlace['source']>,
  parts: DownloadDeps,
): Promise<void> {
  const { folder } = place;
  const { hub, signal, onProgress, force = false, retryPause = 500 } = parts;
  const { repository } = source;
  const here = readManifest(folder);
  const wanted = (force ? undefined : here?.revision) ?? source.revision ?? 'main';
  const listing = await hub.list(repository, wanted, signal);
  const files = placeFiles(chooseFiles(listing, place, repository), folder, repository);
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  let finished = 0;
  onProgress({ received: 0, total });

  const { revision } = listing;
  const kept = !force && here?.revision === revision ? here.files : [];
  const arrived: { from: string; to: string }[] = [];
  await checkRoom(folder, total, repository);
  for (const { to, ...file } of files) {
    if (
      !(kept.some(({ hash }) => hash === file.hash) && statSync(to, { throwIfNoEntry: false })?.size === file.bytes)
    ) {
      const from = `${to}.${file.hash.split(':')[1]?.slice(0, 12)}.partial`;
      makeFolder(dirname(to));
      const onReceived = (received: number) => onProgress({ received: finished + received, total });
      await fetchFile({ repository, revision, path: file.path }, file, from, { hub, signal, onReceived, retryPause });
      arrived.push({ from, to });
    }
    finished += file.bytes;
  }
  for (const { from, to } of arrived) renameSync(from, to);
  // Files of an earlier download, a graph of another dtype, stay part of the model.
  const others = kept.filter(({ path }) => !files.some((file) => file.path === path));
  writeManifest(folder, { repository, revision, files: [...others, ...files.map(({ to, ...file }) => file)] });
}

/** Where each file goes. A name that leads out of the folder ends the download before any file is fetched. */
function placeFiles(
  files: readonly ManifestFile[],
  folder: string,
  repository: string,
): (ManifestFile & { readonly to: string })[] {
  try {
    return files.map((file) => ({ ...file, to: insideFolder(folder, file.path) }));
  } catch (error) {
    throw new MemoryMcpError('model_unavailable', `${repository} cannot be fetched. ${reasonOf(error)}`, {
      hint: 'Do not trust this model or this mirror: check embeddings_model, reranker_model and HF_ENDPOINT.',
      cause: error,
    });
  }
}

/** What is needed of a repository, the graph itself last. */
function chooseFiles({ files }: RepositoryListing, { graphs }: ModelPlace, repository: string): ManifestFile[] {
  const graph = graphs.find((name) => files.some(({ path }) => path === name));
  if (graph === undefined) {
    const present = files.map(({ path }) => path).filter((path) => path.endsWith('.onnx'));
    throw new MemoryMcpError(
      'not_found',
      `${repository} has no ${graphs[0]}, only ${visibleText(present.slice(0, 10).join(', ')) || 'no ONNX file at all'}`,
      {
        hint: 'Set embeddings_dtype to one that is there, or choose a model with ONNX files.',
      },
    );
  }
  const missing = requiredFiles.filter((name) => !files.some(({ path }) => path === name));
  if (missing.length > 0) {
    throw new MemoryMcpError('not_found', `${repository} has no ${missing.join(' and no ')}`, {
      hint: 'Choose a model that has its tokenizer beside its ONNX files.',
    });
  }
  const chosen = files.filter(
    ({ path }) => requiredFiles.some((name) => name === path) || descriptions.test(path) || isGraphPart(path, graph),
  );
  return chosen.sort((left, right) => Number(left.path === graph) - Number(right.path === graph));
}

async function checkRoom(folder: string, bytes: number, repository: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= bytes) return;
  throw noRoom(folder, `${repository} needs ${megabytes(bytes)} MB, ${megabytes(bavail * bsize)} MB are free`);
}

function withoutRoom(error: unknown, folder: string): MemoryMcpError | undefined {
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return noRoom(folder, 'the disk is full', error);
  if (!['EACCES', 'EROFS', 'EPERM', 'ENOTDIR', 'ENOENT', 'EEXIST'].includes(code ?? '')) return undefined;
  return new MemoryMcpError('model_unavailable', `${folder} cannot be written: ${code}`, {
    hint: 'Give HF_HOME or MEMORY_MCP_DATA_DIR a folder that this user may write to.',
    cause: error,
  });
}

function noRoom(folder: string, why: string, cause?: unknown): MemoryMcpError {
  return new MemoryMcpError('model_unavailable', `There is no room for a model in ${folder}: ${why}`, {
    hint: 'Free some space, or set HF_HOME to a folder on another disk.',
    cause,
  });
}

function writeManifest(folder: string, manifest: Manifest): void {
  const path = join(folder, manifestFile);
  writeFileSync(`${path}.partial`, `${JSON.stringify(manifest, undefined, 2)}\n`);
  renameSync(`${path}.partial`, path);
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1_000_000);
}
