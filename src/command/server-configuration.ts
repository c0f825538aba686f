/**
 * The configuration of a running server: loaded once, then watched, so that whoever asks `current` gets the live
 * settings of this moment. The logger follows it.
 */
import { type ConfigurationFlags, type LoadedConfiguration, loadConfiguration } from '../config/load.ts';
import type { Configuration } from '../config/schema.ts';
import { watchConfiguration } from '../config/watch.ts';
import { createLogger, type Logger } from '../core/logger.ts';
import { printNotice } from './output.ts';

export interface ServeFlags extends ConfigurationFlags {
  readonly stdio?: boolean | undefined;
  readonly http?: boolean | undefined;
}

export interface ServerConfiguration {
  /** As the server was started. */
  readonly loaded: LoadedConfiguration;
  readonly current: () => Configuration;
  readonly logger: Logger;
  close(): void;
}

export async function openServerConfiguration(flags: ConfigurationFlags): Promise<ServerConfiguration> {
  const loaded = await loadConfiguration({ flags });
  let current = loaded.configuration;
  const logger = createLogger({ level: () => current.log_level, write: printNotice });
  for (const warning of loaded.warnings) logger.warn(warning);
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
