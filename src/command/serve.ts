/**
 * `serve`: runs a server until its client disconnects, a signal arrives or its parent process dies.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../core/clock.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { isTerminal, printNotice, reserveStandardOutput } from './output.ts';
import { renderReadyNotice } from './ready-notice.ts';
import { openServerConfiguration, type ServeFlags } from './server-configuration.ts';

/** Functions of the program that started this one. */
export interface Launcher {
  /** Caches the compiled code for the next start. Called after the first reply. */
  keepCode(): void;
}

/** Resolves with the exit code when the server has stopped. */
export async function serve(flags: ServeFlags, version: string, launcher: Launcher): Promise<number> {
  if (flags.stdio === true && flags.http === true) {
    throw new MemoryMcpError('invalid_input', 'serve: --stdio and --http exclude each other', {
      hint: 'Start a server for each. They can share a data folder.',
    });
  }
  if (flags.http !== true) return serveOverStdio(flags, version, launcher);
  const { serveOverHttp } = await import('./serve-http.ts');
  return serveOverHttp(flags, version);
}

async function serveOverStdio(flags: ServeFlags, version: string, launcher: Launcher): Promise<number> {
  const output = reserveStandardOutput();
  const [configuration, { serveStdio }, { waitForShutdown }] = await Promise.all([
    openServerConfiguration(flags),
    import('../transport/mcp/stdio.ts'),
    import('../transport/shutdown.ts'),
  ]);
  const { loaded, current, logger } = configuration;
  const { persona, tools } = loaded.configuration;

  // Give the client's first request a turn before loading the rest, which takes as long as answering it.
  const rest = nextTurn().then(() =>
    Promise.all([
      import('../app.ts'),
      import('../operation/index.ts'),
      import('./automatic-moves.ts'),
      import('./scheduled-backups.ts'),
    ]),
  );
  const opening = rest.then(([{ openApp }, , { startMoves }, { startScheduledBackups }]) => {
    const moves = startMoves({ loaded, config: flags.config, logger });
    const app = openApp({ loaded, configuration: current, logger, kind: 'server', checkMoved: moves.check });
    const backups = startScheduledBackups({
      paths: loaded.paths,
      current,
      config: flags.config,
      idleFor: app.idleFor,
      clock: systemClock,
      logger,
    });
    return { app, moves, backups };
  });
  const server = serveStdio({
    input: process.stdin,
    output,
    operations: rest.then(([, { selectOperations }]) => selectOperations(tools)),
    version,
    logger,
    openScope: (source) => async (effect, work) => {
      const { app } = await opening;
      return app.scopeFor(persona, { source, readOnly: tools === 'read-only' })(effect, work);
    },
  });
  void server.firstAnswer.then(() => launcher.keepCode());
  if (isTerminal()) printNotice(renderReadyNotice({ persona, dataFolder: loaded.paths.data }));

  const ending = waitForShutdown({
    ended: server.ended,
    logger,
    close: async () => {
      configuration.close();
      await server.close();
      const { app, moves, backups } = await opening;
      await Promise.all([app.close(), moves.close(), backups.close()]);
    },
  });
  await opening;
  return ending;
}
