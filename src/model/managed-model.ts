/**
 * ModelSlot: one model of the configuration over time. It notices files that appear, change or vanish, fetches missing
 * ones in the background, loads on need and remembers why something failed. Callers wait for loading, never for a
 * download. What it is doing is in `status()`, at any time and at no cost.
 */

import type { Clock } from '../core/clock.ts';
import { MemoryMcpError, reasonOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { hourLength, minuteLength } from '../core/time/durations.ts';
import type { DownloadProgress } from './download/download-lock.ts';
import type { ModelState, ModelStatus } from './embedder.ts';
import { InferenceError } from './inference/inference-client.ts';
import { findModelFiles, type ModelFiles } from './model-files.ts';
import type { ModelPlace } from './model-reference.ts';

export interface ManagedModelDeps<Loaded> {
  /** For people. */
  readonly name: string;
  readonly place: ModelPlace;
  /** Makes the model of these files ready in the inference process. */
  readonly load: (files: ModelFiles) => Promise<Loaded>;
  /** Fetches what is missing; absent where that is not allowed, with the reason. */
  readonly download:
    | ((signal: AbortSignal, onProgress: (progress: DownloadProgress) => void) => Promise<void>)
    | string;
  /** Something else is true now than a moment ago. */
  readonly onChange: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface ManagedModel<Loaded> {
  status(): ModelStatus;
  /** The files as of the last look, at most a second old. */
  files(): ModelFiles | undefined;
  /** What `load` gave, as long as the files are the ones it was given. */
  loaded(): Loaded | undefined;
  /** The loaded model, or `model_unavailable` and, where files are missing, a download that has begun. */
  use(): Promise<Loaded>;
  /** Tells the slot what went wrong while its model was used. */
  noteFailure(error: unknown): void;
  /** Stops a download. */
  close(): void;
}

interface Failure {
  readonly state: ModelState;
  readonly error: unknown;
  readonly stamp: string | undefined;
  readonly at: number;
}

const lookInterval = 1_000;
/** The same files are tried again after this long: memory may be free, a runtime installed by then. */
const retryAfter = minuteLength;
const longestDownloadPause = hourLength;

export function createManagedModel<Loaded>(parts: ManagedModelDeps<Loaded>): ManagedModel<Loaded> {
  const { name, place, onChange, clock, logger } = parts;
  const closing = new AbortController();
  let seen: { files: ModelFiles | undefined; error?: unknown; at: number } | undefined;
  let loaded: { value: Loaded; stamp: string } | undefined;
  let loading: Promise<Loaded> | undefined;
  let failure: Failure | undefined;
  let progress: DownloadProgress | undefined;
  let downloadFailure: { error: unknown; at: number; count: number } | undefined;

  const look = (): { files: ModelFiles | undefined; error?: unknown } => {
    try {
      return { files: findModelFiles(place) };
    } catch (error) {
      return { files: undefined, error };
    }
  };
  const files = (): ModelFiles | undefined => {
    const now = clock.monotonic();
    if (seen !== undefined && now - seen.at < lookInterval) return seen.files;
    seen = { ...look(), at: now };
    if (loaded !== undefined && loaded.stamp !== seen.files?.stamp) loaded = undefined;
    if (failure !== undefined && failure.stamp !== seen.files?.stamp) failure = undefined;
    return seen.files;
  };

  const fail = (error: unknown, stamp: string | undefined) => {
    const state = error instanceof InferenceError && error.reason === 'runtime missing' ? 'runtime missing' : 'failed';
    failure = { state, error, stamp, at: clock.monotonic() };
    loaded = undefined;
    logger.warn(`The model ${name} cannot be used: ${describe(error)}`);
    onChange();
  };

  const load = async (found: ModelFiles): Promise<Loaded> => {
    try {
      const value = await parts.load(found);
      loaded = { value, stamp: found.stamp };
      failure = undefined;
      return value;
    } catch (error) {
      if (!isEnd(error)) fail(error, found.stamp);
      throw unavailable(name, error);
    } finally {
      loading = undefined;
      if (loaded !== undefined) onChange();
    }
  };

  const startDownload = () => {
    const { download } = parts;
    if (typeof download === 'string' || progress !== undefined || closing.signal.aborted) return;
    const pause = Math.min(longestDownloadPause, retryAfter * 2 ** ((downloadFailure?.count ?? 1) - 1));
    if (downloadFailure !== undefined && clock.monotonic() - downloadFailure.at < pause) return;
    progress = { received: 0, total: 0 };
    logger.info(`Fetching the model ${name} into ${place.folder}`);
    download(closing.signal, (now) => {
      progress = now;
    })
      .then(
        () => {
          downloadFailure = undefined;
          logger.info(`The model ${name} is there`);
        },
        (error: unknown) => {
          if (closing.signal.aborted) return;
          downloadFailure = { error, at: clock.monotonic(), count: (downloadFailure?.count ?? 0) + 1 };
          logger.warn(`The model ${name} could not be fetched: ${describe(error)}`);
        },
      )
      .finally(() => {
        progress = undefined;
        seen = undefined;
        if (!closing.signal.aborted) onChange();
      });
  };

  const absence = (): string => {
    if (seen?.error !== undefined) return `${place.folder} cannot be read: ${reasonOf(seen.error)}`;
    if (downloadFailure !== undefined) return describe(downloadFailure.error);
    if (typeof parts.download === 'string') return parts.download;
    return 'It is not fetched yet. To fetch it now: memory-mcp download-models';
  };

  return {
    files,
    loaded: () => {
      files();
      return loaded?.value;
    },
    status: () => {
      const found = files();
      if (progress !== undefined) {
        const { received, total } = progress;
        return { state: 'downloading', model: name, progress: total === 0 ? 0 : Math.floor((received / total) * 100) };
      }
      if (found === undefined) return { state: 'absent', model: name, detail: absence() };
      if (loading !== undefined) return { state: 'loading', model: name };
      if (failure !== undefined) return { state: failure.state, model: name, detail: describe(failure.error) };
      return { state: 'ready', model: name };
    },
    use: async () => {
      const found = files();
      if (found === undefined) {
        startDownload();
        const how = progress === undefined ? absence() : 'it is being fetched';
        throw new MemoryMcpError('model_unavailable', `The model ${name} is not here: ${how}`);
      }
      if (loaded !== undefined) return loaded.value;
      if (failure !== undefined && clock.monotonic() - failure.at < retryAfter) throw unavailable(name, failure.error);
      loading ??= load(found);
      return await loading;
    },
    noteFailure: (error) => {
      // A text that failed says nothing about the model; an end of the process is the client's to mend.
      if (error instanceof InferenceError && (error.reason === 'model' || error.reason === 'runtime missing')) {
        fail(error, seen?.files?.stamp);
      }
    },
    close: () => closing.abort(),
  };
}

function isEnd(error: unknown): boolean {
  return error instanceof InferenceError && error.reason === 'closed';
}

/** To a caller every failure of a model is the same: not to be had now. */
function unavailable(name: string, error: unknown): MemoryMcpError {
  if (error instanceof MemoryMcpError && error.code === 'model_unavailable') return error;
  const hint = error instanceof MemoryMcpError ? error.hint : undefined;
  return new MemoryMcpError('model_unavailable', `The model ${name} cannot be used: ${reasonOf(error)}`, {
    hint,
    cause: error,
  });
}

function describe(error: unknown): string {
  const hint = error instanceof MemoryMcpError ? error.hint : undefined;
  return hint === undefined ? reasonOf(error) : `${reasonOf(error)}. ${hint}`;
}
