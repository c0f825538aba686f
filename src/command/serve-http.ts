/**
 * `serve --http`: one process for all personas, with access control, until a signal ends it.
 */
import { openApp } from '../app.ts';
import { commandLine } from '../config/container.ts';
import { createPrivateFolder, personaFolders } from '../config/paths.ts';
import { systemClock } from '../core/clock.ts';
import { openAccessToken } from '../transport/http/access/access-token.ts';
import { checkTokenPersonas, warnOfShortTokens } from '../transport/http/access/auth.ts';
import { needsAccessToken } from '../transport/http/access/bind-check.ts';
import { registerProcessMetrics } from '../transport/http/process-metrics.ts';
import { serveHttp } from '../transport/http/server.ts';
import { openLogFile } from '../transport/log-file.ts';
import { waitForShutdown } from '../transport/shutdown.ts';
import { assembleHttpApp } from './assemble-http-app.ts';
import { startMoves } from './automatic-moves.ts';
import { renderListeningNotice } from './listening-notice.ts';
import { isTerminal, printNotice } from './output.ts';
import { startScheduledBackups } from './scheduled-backups.ts';
import { openServerConfiguration, type ServeFlags } from './server-configuration.ts';

/** Resolves with the exit code when the server has stopped. */
export async function serveOverHttp(flags: ServeFlags, version: string): Promise<number> {
  const configuration = await openServerConfiguration(flags);
  const { loaded, current, logger } = configuration;
  const { server_host: host, server_port: port, auth_tokens: tokens, ...settings } = current();
  const wantsAccessToken = await needsAccessToken({
    host,
    hasTokens: tokens.length > 0,
    allowUnauthenticated: settings.allow_unauthenticated,
    allowedHosts: settings.allowed_hosts,
    logger,
  });
  warnOfShortTokens(tokens, logger);
  if (tokens.length > 0) checkTokenPersonas(tokens, personaFolders(loaded.paths), logger);

  createPrivateFolder(loaded.paths.data);
  const accessToken = wantsAccessToken ? await openAccessToken(loaded.paths.accessToken) : undefined;
  const clock = systemClock;
  const logFile = openLogFile({ file: loaded.paths.operationsLog, clock, logger });
  const moves = startMoves({ loaded, config: flags.config, logger });
  const app = openApp({ loaded, configuration: current, logger, clock, kind: 'server', checkMoved: moves.check });
  const backups = startScheduledBackups({
    paths: loaded.paths,
    current,
    config: flags.config,
    idleFor: app.idleFor,
    clock,
    logger,
  });
  const { httpApp, metrics } = assembleHttpApp({
    app,
    paths: loaded.paths,
    current,
    accessToken: accessToken?.current,
    writeLog: logFile.write,
    version,
    clock,
    logger,
  });
  try {
    const server = await serveHttp({ app: httpApp, host, port, clock, logger });
    registerProcessMetrics(metrics, { connections: server.connections, openPersonas: app.openPersonas, clock });
    const notice = renderListeningNotice({
      host: server.host,
      port: server.port,
      withTokens: tokens.length > 0,
      accessToken,
      tokenCommand: commandLine(loaded.environment.container, 'token'),
    });
    if (isTerminal()) printNotice(notice.terminal);
    else logger.info(notice.line);
    // Not a log line: it must appear at every log level, and only here.
    if (notice.accessToken !== undefined) printNotice(notice.accessToken);
    return await waitForShutdown({
      // Clients connect over the network, so the server keeps running when its input ends or the parent shell exits.
      watchParent: false,
      logger,
      close: async () => {
        await server.close();
        await Promise.all([app.close(), logFile.close(), moves.close(), backups.close()]);
      },
    });
  } catch (error) {
    await Promise.all([app.close(), logFile.close(), moves.close(), backups.close()]);
    throw error;
  } finally {
    configuration.close();
  }
}
