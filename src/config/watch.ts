/**
 * Watches the configuration file by polling, because a file that Docker mounts by itself sends no events and an editor
 * may put another file in its place. Servers use it: settings marked live apply at once, a change of any other is
 * logged as waiting for a restart, and a file that cannot be used changes nothing.
 */
import { statSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { codeOf, reasonOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { LoadedConfiguration } from './load.ts';
import { type Configuration, configurationSchema, settings } from './schema.ts';
import type { Setting } from './setting.ts';
import { placeAt, valueAt } from './setting-value.ts';

export interface WatchDeps {
  /** What the server was started with. */
  readonly loaded: LoadedConfiguration;
  /** Loads once more with the same flags and environment. */
  readonly reload: () => Promise<LoadedConfiguration>;
  /** Told when live settings changed: the whole configuration that holds from now on, and their keys. */
  readonly onChange: (configuration: Configuration, keys: readonly string[]) => void;
  readonly logger: Logger;
  readonly intervalMilliseconds?: number;
}

/** Starts to watch. The timer keeps no process alive. */
export function watchConfiguration({ loaded, reload, onChange, logger, intervalMilliseconds = 1000 }: WatchDeps) {
  let running = loaded.configuration;
  let latest = loaded;
  let handled: string | undefined;
  let seen: string | undefined;
  let checking = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  async function check(): Promise<void> {
    if (checking || closed) return;
    checking = true;
    try {
      const version = versionOf(latest.candidates);
      // A version is read when it was the same twice: an editor may be in the middle of writing it.
      if (version !== handled && version === seen) {
        handled = version;
        await take();
      }
      seen = version;
    } finally {
      checking = false;
    }
  }

  async function take(): Promise<void> {
    let next: LoadedConfiguration;
    try {
      next = await reload();
    } catch (error) {
      logger.warn(`The configuration stays as it was: ${reasonOf(error)}`);
      return;
    }
    if (closed) return;
    if (latest.file !== undefined && next.file === undefined) {
      logger.warn(`The configuration stays as it was: ${latest.file} is gone`);
      return;
    }
    for (const warning of next.warnings) if (!latest.warnings.includes(warning)) logger.warn(warning);
    const changed = settings.filter((setting) => differs(setting, latest, next));
    latest = next;
    const live = changed.filter((setting) => setting.live === true);
    const waiting = changed.filter((setting) => setting.live !== true && !isRunning(setting, running, next));
    if (waiting.length > 0) logger.warn(`Changed in the configuration, in force after a restart: ${keysOf(waiting)}`);
    if (live.length === 0) return;
    running = withValues(running, next.configuration, live);
    logger.info(`Changed in the configuration, in force now: ${keysOf(live)}`);
    onChange(
      running,
      live.map(({ key }) => key),
    );
  }

  function arm(): void {
    timer = setTimeout(() => {
      check().then(
        () => closed || arm(),
        (error: unknown) => logger.error(`The configuration is no longer watched: ${reasonOf(error)}`),
      );
    }, intervalMilliseconds);
    timer.unref();
  }
  arm();

  return {
    /** Looks once; the timer does the same. */
    check,
    close(): void {
      closed = true;
      clearTimeout(timer);
    },
  };
}

export type ConfigurationWatch = ReturnType<typeof watchConfiguration>;

/** Changes whenever one of the files appears, goes, is replaced or is written to. */
function versionOf(files: readonly string[]): string {
  return files.map(stampOf).join('\n');
}

function stampOf(file: string): string {
  try {
    const status = statSync(file, { bigint: true });
    return [status.dev, status.ino, status.size, status.mtimeNs, status.ctimeNs].join(' ');
  } catch (error) {
    return codeOf(error) ?? 'unreadable';
  }
}

/** Whether two loads differ in a setting. What nobody set in either is the same, even if it follows from others. */
function differs({ key, path }: Setting, before: LoadedConfiguration, after: LoadedConfiguration): boolean {
  if (before.sources[key]?.from === 'default' && after.sources[key]?.from === 'default') return false;
  return !isDeepStrictEqual(valueAt(before.configuration, path), valueAt(after.configuration, path));
}

const isRunning = ({ path }: Setting, running: Configuration, next: LoadedConfiguration): boolean =>
  isDeepStrictEqual(valueAt(running, path), valueAt(next.configuration, path));

function withValues(running: Configuration, next: Configuration, changed: readonly Setting[]): Configuration {
  const tree: Record<string, unknown> = { ...running };
  for (const { path } of changed) placeAt(tree, path, valueAt(next, path));
  return configurationSchema.parse(tree);
}

const keysOf = (changed: readonly Setting[]): string => changed.map(({ key }) => key).join(', ');
