/**
 * `serve`: runs a server until its client, a signal or the death of its parent ends it.
 */
import { openApp } from '../app.ts';
import type { ConfigurationFlags } from '../config/load.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { operationsOf } from '../operation/index.ts';
import { onTerminal, printNotice, reserveStandardOutput } from './output.ts';
import { readyNotice } from './ready-notice.ts';
import { openServerConfiguration } from './server-configuration.ts';

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
  if (flags.http !== true) return serveOverStdio(flags, version);
  const { serveOverHttp } = await import('./serve-http.ts');
  return serveOverHttp(flags, version);
}

async function serveOverStdio(flags: ServeFlags, version: string): Promise<number> {
  const output = reserveStandardOutput();
  const [configuration, { serveStdio }, { untilShutdown }] = await Promise.all([
    openServerConfiguration(flags),
    import('../transport/stdio.ts'),
    import('../transport/shutdown.ts'),
  ]);
  const { loaded, current, logger } = configuration;
  const { persona, tools } = loaded.configuration;

  const app = openApp({ loaded, configuration: current, logger, kind: 'server' });
  const server = serveStdio({
    input: process.stdin,
    output,
    operations: operationsOf(tools),
    version,
    logger,
    openScope: (source) => app.scopeFor(persona, { source, readOnly: tools === 'read-only' }),
  });
  if (onTerminal()) printNotice(readyNotice({ persona, dataFolder: loaded.paths.data }));

  return untilShutdown({
    ended: server.ended,
    logger,
    close: async () => {
      configuration.close();
      await server.close();
      await app.close();
    },
  });
}
