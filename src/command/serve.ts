/**
 * `serve`: runs a server until its client, a signal or the death of its parent ends it.
 */
import { openApp } from '../app.ts';
import { type ConfigurationFlags, loadConfiguration } from '../config/load.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { createLogger } from '../core/logger.ts';
import { operationsOf } from '../operation/index.ts';
import { onTerminal, printNotice, reserveStandardOutput } from './output.ts';
import { readyNotice } from './ready-notice.ts';

export interface ServeFlags extends ConfigurationFlags {
  readonly stdio?: boolean | undefined;
  readonly http?: boolean | undefined;
}

/** Resolves with the exit code when the server has ended. */
export async function serve(flags: ServeFlags, version: string): Promise<number> {
  if (flags.stdio === true && flags.http === true) {
    throw new MemoryMcpError('invalid_input', 'serve: --stdio and --http exclude each other', {
      hint: 'Start one server for each; they may share a data folder.',
    });
  }
  return serveOverStdio(flags, version);
}

async function serveOverStdio(flags: ServeFlags, version: string): Promise<number> {
  const output = reserveStandardOutput();
  const [loaded, { serveStdio }, { untilShutdown }] = await Promise.all([
    loadConfiguration({ flags }),
    import('../transport/stdio.ts'),
    import('../transport/shutdown.ts'),
  ]);
  const { configuration } = loaded;
  const logger = createLogger({ level: () => configuration.log_level, write: (line) => printNotice(line) });
  for (const warning of loaded.warnings) logger.warn(warning);

  const app = openApp({ loaded, logger, kind: 'server' });
  const server = serveStdio({
    input: process.stdin,
    output,
    operations: operationsOf(configuration.tools),
    version,
    logger,
    openScope: (source) =>
      app.scopeFor(configuration.persona, { source, readOnly: configuration.tools === 'read-only' }),
  });
  if (onTerminal()) printNotice(readyNotice({ persona: configuration.persona, dataFolder: loaded.paths.data }));

  return untilShutdown({
    ended: server.ended,
    logger,
    close: async () => {
      await server.close();
      await app.close();
    },
  });
}
