/**
 * Downloads a model into its folder, one process at a time. Each file is downloaded into a `.partial` file, which can
 * be resumed, and is verified by size and hash. The files are renamed only when all of them are complete, the graph
 * last, so other processes see either a complete model or none.
 */
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { codeOf, MemoryMcpError, reasonOf } from '../../core/errors.ts';
import { visibleText } from '../../core/text/visible-text.ts';
import { resolveInside } from '../../files/inside-folder.ts';
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
  /** Downloads the newest commit even if the model exists. */
  readonly force?: boolean;
  /** Milliseconds before the first retry after a broken connection. */
  readonly retryPause?: number;
}

/** Optional files that describe how to use a model. */
const descriptions =
  /^(special_tokens_map\.json|modules\.json|config_sentence_transformers\.json|sentence_bert_config\.json|\d+_\w+\/config\.json)$/;

/** Resolves when the model in `place.folder` is complete, even if another process has downloaded it. */
export async function downloadModel(place: ModelPlace, deps: DownloadDeps): Promise<void> {
  const { folder, source } = place;
  if (source === undefined)
    throw new MemoryMcpError('invalid_input', `${folder} is a local model folder, so nothing is downloaded into it`);
  const { clock, onProgress, signal, force = false } = deps;
  try {
    makeFolder(folder);
    const lock = await acquireDownloadLock(folder, { clock, onWaiting: onProgress, signal });
    try {
      if (!force && findModelFiles(place) !== undefined) return;
      const reporting = (progress: DownloadProgress) => {
        lock.report(progress);
        onProgress(progress);
      };
      await downloadFiles(place, source, { ...deps, onProgress: reporting });
    } finally {
      lock.release();
    }
  } catch (error) {
    throw explainFileError(error, folder) ?? error;
  }
}

async function downloadFiles(
  place: ModelPlace,
  source: NonNullable<ModelPlace['source']>,
  deps: DownloadDeps,
): Promise<void> {
  const { folder } = place;
  const { hub, signal, onProgress, force = false, retryPause = 500 } = deps;
  const { repository } = source;
  const existing = readManifest(folder);
  const requested = (force ? undefined : existing?.revision) ?? source.revision ?? 'main';
  const listing = await hub.list(repository, requested, signal);
  const files = addTargets(chooseFiles(listing, place, repository), folder, repository);
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  let finished = 0;
  onProgress({ received: 0, total });

  const { revision } = listing;
  const kept = !force && existing?.revision === revision ? existing.files : [];
  // Keep files of earlier downloads in the manifest, such as a graph of another dtype.
  const others = kept.filter(({ path }) => !files.some((file) => file.path === path));
  const manifest: Manifest = { repository, revision, files: [...others, ...files.map(({ to, ...file }) => file)] };
  const received: { from: string; to: string }[] = [];
  await checkFreeSpace(folder, total, repository);
  try {
    for (const { to, ...file } of files) {
      if (
        !(kept.some(({ hash }) => hash === file.hash) && statSync(to, { throwIfNoEntry: false })?.size === file.bytes)
      ) {
        const from = `${to}.${file.hash.split(':')[1]?.slice(0, 12)}.partial`;
        received.push({ from, to });
        makeFolder(dirname(to));
        const onReceived = (bytes: number) => onProgress({ received: finished + bytes, total });
        await fetchFile({ repository, revision, path: file.path }, file, from, { hub, signal, onReceived, retryPause });
      }
      finished += file.bytes;
    }
    received.push(writeManifest(folder, manifest));
  } catch (error) {
    // On a full disk, what has come would take the space that other programs wait for.
    if (isOutOfSpace(error)) for (const { from } of received) rmSync(from, { force: true });
    throw error;
  }
  for (const { from, to } of received) renameSync(from, to);
}

/** Adds the target path to each file. Throws before anything is downloaded if a name leads out of the folder. */
function addTargets(
  files: readonly ManifestFile[],
  folder: string,
  repository: string,
): (ManifestFile & { readonly to: string })[] {
  try {
    return files.map((file) => ({ ...file, to: resolveInside(folder, file.path) }));
  } catch (error) {
    throw new MemoryMcpError('model_unavailable', `${repository} cannot be downloaded. ${reasonOf(error)}`, {
      hint: 'Do not trust this model or this mirror. Check embeddings_model, reranker_model and HF_ENDPOINT.',
      cause: error,
    });
  }
}

/** Selects the files to download, the graph last. */
function chooseFiles({ files }: RepositoryListing, { graphs }: ModelPlace, repository: string): ManifestFile[] {
  const graph = graphs.find((name) => files.some(({ path }) => path === name));
  if (graph === undefined) {
    const present = files.map(({ path }) => path).filter((path) => path.endsWith('.onnx'));
    throw new MemoryMcpError(
      'not_found',
      `${repository} has no ${graphs[0]}. Its ONNX files: ${visibleText(present.slice(0, 10).join(', ')) || 'none'}`,
      {
        hint: 'Set embeddings_dtype to one that is available, or choose a model with ONNX files.',
      },
    );
  }
  const missing = requiredFiles.filter((name) => !files.some(({ path }) => path === name));
  if (missing.length > 0) {
    throw new MemoryMcpError('not_found', `${repository} has no ${missing.join(' and no ')}`, {
      hint: 'Choose a model that has its tokenizer and its ONNX files in one repository.',
    });
  }
  const chosen = files.filter(
    ({ path }) => requiredFiles.some((name) => name === path) || descriptions.test(path) || isGraphPart(path, graph),
  );
  return chosen.sort((left, right) => Number(left.path === graph) - Number(right.path === graph));
}

async function checkFreeSpace(folder: string, bytes: number, repository: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= bytes) return;
  throw notEnoughSpace(
    folder,
    `${repository} needs ${toMegabytes(bytes)} MB, but only ${toMegabytes(bavail * bsize)} MB are free`,
  );
}

function explainFileError(error: unknown, folder: string): MemoryMcpError | undefined {
  const code = codeOf(error);
  if (isOutOfSpace(error)) return notEnoughSpace(folder, 'the disk is full', error);
  if (!['EACCES', 'EROFS', 'EPERM', 'ENOTDIR', 'ENOENT', 'EEXIST'].includes(code ?? '')) return undefined;
  return new MemoryMcpError('model_unavailable', `${folder} cannot be written: ${code}`, {
    hint: 'Set HF_HOME or MEMORY_MCP_DATA_DIR to a folder that this user can write to.',
    cause: error,
  });
}

function notEnoughSpace(folder: string, why: string, cause?: unknown): MemoryMcpError {
  return new MemoryMcpError('model_unavailable', `There is not enough space for a model in ${folder}: ${why}`, {
    hint: 'Free some space, or set HF_HOME to a folder on another disk.',
    cause,
  });
}

function isOutOfSpace(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '');
}

/** Writes the manifest beside its place, to be renamed after the files that it lists. */
function writeManifest(folder: string, manifest: Manifest): { readonly from: string; readonly to: string } {
  const to = join(folder, manifestFile);
  const from = `${to}.partial`;
  try {
    writeFileSync(from, `${JSON.stringify(manifest, undefined, 2)}\n`);
  } catch (error) {
    rmSync(from, { force: true });
    throw error;
  }
  return { from, to };
}

function toMegabytes(bytes: number): number {
  return Math.ceil(bytes / 1_000_000);
}
