/**
 * The configuration of a running server. It is loaded once and then watched: `current` returns the settings with live
 * changes applied. The logger uses the current log level.
 */
import { type ConfigurationFlags, type LoadedConfiguration, loadConfiguration } from '../config/load.ts';
import type { Configuration } from '../config/schema.ts';
import { watchConfiguration } from '../config/watch.ts';
import { createLogger, type Logger } from '../core/logger.ts';
import { printNotice } from './output.ts';
import { listStartWarnings } from './start-warnings.ts';

export interface ServeFlags extends ConfigurationFlags {
  readonly stdio?: boolean | undefined;
  readonly http?: boolean | undefined;
}

export interface ServerConfiguration {
  /** The configuration at the start of the server. */
  readonly loaded: LoadedConfiguration;
  readonly current: () => Configuration;
  readonly logger: Logger;
  close(): void;
}

export async function openServerConfiguration(flags: ConfigurationFlags): Promise<ServerConfiguration> {
  const loaded = await loadConfiguration({ flags });
  let current = loaded.configuration;
  const logger = createLogger({ level: () => current.log_level, write: printNotice });
  for (const warning of [...loaded.warnings, ...listStartWarnings(loaded)]) logger.warn(warning);
  const watch = watchConfiguration({
    loaded,
    reload: () => loadConfiguration({ flags }),
    onChange: (configuration) => {
      current = configuration;
    },
    logger,
  });
  return { loaded, current: () => current, logger, close: watch.close };
}
