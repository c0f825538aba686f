/**
 * ManagedModel: the life cycle of one configured model. It detects files that appear, change or disappear, downloads
 * missing files in the background, loads the model on demand and remembers failures. Callers wait for loading, never
 * for a download. `status()` is cheap and available at any time.
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
  /** For messages. */
  readonly name: string;
  readonly place: ModelPlace;
  /** Loads the model of these files into the inference process. */
  readonly load: (files: ModelFiles) => Promise<Loaded>;
  /** How many milliseconds that took before, if it is known. */
  readonly loadTime?: ((files: ModelFiles) => number | undefined) | undefined;
  /** Downloads missing files. A string is the reason why that is not possible. */
  readonly download:
    | ((signal: AbortSignal, onProgress: (progress: DownloadProgress) => void) => Promise<void>)
    | string;
  /** Why no model can run on this installation; undefined if one can. */
  readonly missingRuntime: () => InferenceError | undefined;
  /** Called when the status has changed. */
  readonly onChange: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface ManagedModel<Loaded> {
  status(): ModelStatus;
  /** The files on disk, at most one second out of date. */
  files(): ModelFiles | undefined;
  /** The result of `load`. Undefined once the files have changed. */
  loaded(): Loaded | undefined;
  /** The same, but as of this moment. */
  loadedNow(): Loaded | undefined;
  /** Loads the model if necessary. Rejects with `model_unavailable`, and starts a download if files are missing. */
  use(): Promise<Loaded>;
  /** Reports an error that occurred while the model was used. */
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

const checkInterval = 1_000;
/** Unchanged files are tried again after this time, because the cause may be gone: low memory, a missing runtime. */
const retryAfter = minuteLength;
const maximumDownloadPause = hourLength;

export function createManagedModel<Loaded>(deps: ManagedModelDeps<Loaded>): ManagedModel<Loaded> {
  const { name, place, onChange, clock, logger } = deps;
  const closing = new AbortController();
  let seen: { files: ModelFiles | undefined; error?: unknown; at: number } | undefined;
  let loaded: { value: Loaded; stamp: string } | undefined;
  let loading: Promise<Loaded> | undefined;
  /** When that should have ended. */
  let loadedAt: number | undefined;
  let failure: Failure | undefined;
  let progress: DownloadProgress | undefined;
  let downloadFailure: { error: unknown; at: number; count: number } | undefined;

  const checkFiles = (): { files: ModelFiles | undefined; error?: unknown } => {
    try {
      return { files: findModelFiles(place) };
    } catch (error) {
      return { files: undefined, error };
    }
  };
  const files = (): ModelFiles | undefined => {
    const now = clock.monotonic();
    if (seen !== undefined && now - seen.at < checkInterval) return seen.files;
    seen = { ...checkFiles(), at: now };
    if (loaded !== undefined && loaded.stamp !== seen.files?.stamp) loaded = undefined;
    if (failure !== undefined && failure.stamp !== seen.files?.stamp) failure = undefined;
    return seen.files;
  };

  const filesNow = (): ModelFiles | undefined => {
    seen = undefined;
    return files();
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
      const value = await deps.load(found);
      if (filesNow()?.stamp !== found.stamp) {
        throw new MemoryMcpError('model_unavailable', `The files of ${name} were replaced while it was being loaded`);
      }
      loaded = { value, stamp: found.stamp };
      failure = undefined;
      return value;
    } catch (error) {
      if (!isClosing(error)) fail(error, found.stamp);
      throw unavailable(name, error);
    } finally {
      loading = undefined;
      if (loaded !== undefined) onChange();
    }
  };

  const startDownload = () => {
    const { download } = deps;
    if (typeof download === 'string' || progress !== undefined || closing.signal.aborted) return;
    const pause = Math.min(maximumDownloadPause, retryAfter * 2 ** ((downloadFailure?.count ?? 1) - 1));
    if (downloadFailure !== undefined && clock.monotonic() - downloadFailure.at < pause) return;
    progress = { received: 0, total: 0 };
    logger.info(`Downloading the model ${name} into ${place.folder}`);
    download(closing.signal, (now) => {
      progress = now;
    })
      .then(
        () => {
          downloadFailure = undefined;
          logger.info(`The model ${name} is downloaded`);
        },
        (error: unknown) => {
          if (closing.signal.aborted) return;
          downloadFailure = { error, at: clock.monotonic(), count: (downloadFailure?.count ?? 0) + 1 };
          logger.warn(`The model ${name} could not be downloaded: ${describe(error)}`);
        },
      )
      .finally(() => {
        progress = undefined;
        seen = undefined;
        if (!closing.signal.aborted) onChange();
      });
  };

  const explainAbsence = (): string => {
    if (seen?.error !== undefined) return `${place.folder} cannot be read: ${reasonOf(seen.error)}`;
    if (downloadFailure !== undefined) return describe(downloadFailure.error);
    if (typeof deps.download === 'string') return deps.download;
    return 'It is not downloaded yet. To download it now, run memory-mcp download-models';
  };

  return {
    files,
    loaded: () => {
      files();
      return loaded?.value;
    },
    loadedNow: () => {
      filesNow();
      return loaded?.value;
    },
    status: () => {
      const missing = deps.missingRuntime();
      if (missing !== undefined) return { state: 'runtime missing', model: name, detail: describe(missing) };
      const found = files();
      if (progress !== undefined) {
        const { received, total } = progress;
        return { state: 'downloading', model: name, progress: total === 0 ? 0 : Math.floor((received / total) * 100) };
      }
      if (found === undefined) return { state: 'absent', model: name, detail: explainAbsence() };
      if (loading !== undefined) {
        const readyIn = loadedAt === undefined ? undefined : Math.max(0, loadedAt - clock.monotonic());
        return { state: 'loading', model: name, readyIn };
      }
      if (failure !== undefined) return { state: failure.state, model: name, detail: describe(failure.error) };
      return { state: 'ready', model: name };
    },
    use: async () => {
      const missing = deps.missingRuntime();
      if (missing !== undefined) throw unavailable(name, missing);
      const found = files();
      if (found === undefined) {
        startDownload();
        const reason = progress === undefined ? explainAbsence() : 'it is being downloaded';
        throw new MemoryMcpError('model_unavailable', `The model ${name} is not available: ${reason}`);
      }
      if (loaded !== undefined) return loaded.value;
      if (failure !== undefined && clock.monotonic() - failure.at < retryAfter) throw unavailable(name, failure.error);
      if (loading === undefined) {
        const loadTime = deps.loadTime?.(found);
        loadedAt = loadTime === undefined ? undefined : clock.monotonic() + loadTime;
        loading = load(found);
      }
      return await loading;
    },
    noteFailure: (error) => {
      // Other errors do not concern the model: a text failed, or the process ended and the client restarts it.
      if (error instanceof InferenceError && (error.reason === 'model' || error.reason === 'runtime missing')) {
        fail(error, seen?.files?.stamp);
      }
    },
    close: () => closing.abort(),
  };
}

function isClosing(error: unknown): boolean {
  return error instanceof InferenceError && error.reason === 'closed';
}

/** Callers see every failure of a model as `model_unavailable`. */
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
