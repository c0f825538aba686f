/**
 * Watches the configuration file of a server. Live settings apply at once. A change of any other setting is logged as
 * needing a restart. An invalid file changes nothing. Uses polling, because a single file mounted by Docker sends no
 * events and an editor may replace the file.
 */
import { statSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { codeOf, reasonOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { LoadedConfiguration } from './load.ts';
import { type Configuration, configurationSchema, settings } from './schema.ts';
import type { Setting } from './setting.ts';
import { getAtPath, setAtPath } from './setting-value.ts';

export interface WatchDeps {
  /** The configuration at the start of the server. */
  readonly loaded: LoadedConfiguration;
  /** Loads the configuration again with the same flags and environment. */
  readonly reload: () => Promise<LoadedConfiguration>;
  /** Called when live settings have changed, with the whole new configuration and the changed keys. */
  readonly onChange: (configuration: Configuration, keys: readonly string[]) => void;
  readonly logger: Logger;
  readonly intervalMilliseconds?: number;
}

/** Starts watching. The timer does not keep the process alive. */
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
      const version = fingerprintFiles(latest.candidates);
      // Reload only after two equal checks, because an editor may still be writing the file.
      if (version !== handled && version === seen) {
        handled = version;
        await reloadAndApply();
      }
      seen = version;
    } finally {
      checking = false;
    }
  }

  async function reloadAndApply(): Promise<void> {
    let next: LoadedConfiguration;
    try {
      next = await reload();
    } catch (error) {
      logger.warn(`The configuration was not changed: ${reasonOf(error)}`);
      return;
    }
    if (closed) return;
    if (latest.file !== undefined && next.file === undefined) {
      logger.warn(`The configuration was not changed: ${latest.file} no longer exists`);
      return;
    }
    for (const warning of next.warnings) if (!latest.warnings.includes(warning)) logger.warn(warning);
    const changed = settings.filter((setting) => isChanged(setting, latest, next));
    latest = next;
    const live = changed.filter((setting) => setting.live === true);
    const waiting = changed.filter((setting) => setting.live !== true && !isRunning(setting, running, next));
    if (waiting.length > 0) logger.warn(`Changed settings that apply after a restart: ${joinKeys(waiting)}`);
    if (live.length === 0) return;
    running = applyValues(running, next.configuration, live);
    logger.info(`Changed settings that apply now: ${joinKeys(live)}`);
    onChange(
      running,
      live.map(({ key }) => key),
    );
  }

  function scheduleCheck(): void {
    timer = setTimeout(() => {
      check().then(
        () => closed || scheduleCheck(),
        (error: unknown) => logger.error(`The configuration is no longer watched: ${reasonOf(error)}`),
      );
    }, intervalMilliseconds);
    timer.unref();
  }
  scheduleCheck();

  return {
    /** Checks once. The timer does the same. */
    check,
    close(): void {
      closed = true;
      clearTimeout(timer);
    },
  };
}

export type ConfigurationWatch = ReturnType<typeof watchConfiguration>;

/** Changes whenever one of the files is created, deleted, replaced or modified. */
function fingerprintFiles(files: readonly string[]): string {
  return files.map(fingerprintFile).join('\n');
}

function fingerprintFile(file: string): string {
  try {
    const status = statSync(file, { bigint: true });
    return [status.dev, status.ino, status.size, status.mtimeNs, status.ctimeNs].join(' ');
  } catch (error) {
    return codeOf(error) ?? 'unreadable';
  }
}

/** A setting that is a default in both is unchanged, even if its default depends on other settings. */
function isChanged({ key, path }: Setting, before: LoadedConfiguration, after: LoadedConfiguration): boolean {
  if (before.sources[key]?.from === 'default' && after.sources[key]?.from === 'default') return false;
  return !isDeepStrictEqual(getAtPath(before.configuration, path), getAtPath(after.configuration, path));
}

const isRunning = ({ path }: Setting, running: Configuration, next: LoadedConfiguration): boolean =>
  isDeepStrictEqual(getAtPath(running, path), getAtPath(next.configuration, path));

function applyValues(running: Configuration, next: Configuration, changed: readonly Setting[]): Configuration {
  const tree: Record<string, unknown> = { ...running };
  for (const { path } of changed) setAtPath(tree, path, getAtPath(next, path));
  return configurationSchema.parse(tree);
}

const joinKeys = (changed: readonly Setting[]): string => changed.map(({ key }) => key).join(', ');
