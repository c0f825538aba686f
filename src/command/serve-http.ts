/**
 * `serve --http`: one process for all personas, with access control, until a signal ends it.
 */
import { homedir } from 'node:os';
import { dirname, isAbsolute } from 'node:path';
import { openApp } from '../app.ts';
import { createPrivateFolder, type DataPaths, personaFolders } from '../config/paths.ts';
import type { Configuration } from '../config/schema.ts';
import { systemClock } from '../core/clock.ts';
import { operations, selectOperations } from '../operation/index.ts';
import { listPersonas } from '../personas/list-personas.ts';
import { createCallLog } from '../transport/call-log.ts';
import { openAccessToken } from '../transport/http/access/access-token.ts';
import { checkTokenPersonas, createAuthenticator, warnOfShortTokens } from '../transport/http/access/auth.ts';
import { needsAccessToken } from '../transport/http/access/bind-check.ts';
import { createHostList } from '../transport/http/access/host-list.ts';
import { createRateLimit } from '../transport/http/access/rate-limit.ts';
import { createHttpApp } from '../transport/http/app.ts';
import type { ServerFolders } from '../transport/http/concealed-folders.ts';
import { createMetrics } from '../transport/http/metrics.ts';
import { registerProcessMetrics } from '../transport/http/process-metrics.ts';
import { serveHttp } from '../transport/http/server.ts';
import { openLogFile } from '../transport/log-file.ts';
import { waitForShutdown } from '../transport/shutdown.ts';
import { renderListeningNotice } from './listening-notice.ts';
import { isTerminal, printNotice } from './output.ts';
import { openServerConfiguration, type ServeFlags } from './server-configuration.ts';

/** Folders of this machine that replies must not reveal, by the name that replaces them. */
function listConcealedFolders({ embeddings_model, reranker_model }: Configuration, paths: DataPaths): ServerFolders {
  const program = process.argv[1];
  return {
    'data folder': paths.data,
    models: paths.models,
    ...(isAbsolute(embeddings_model) && { 'embeddings model': embeddings_model }),
    ...(isAbsolute(reranker_model) && { 'reranker model': reranker_model }),
    ...(program !== undefined && { program: dirname(dirname(program)) }),
    home: homedir(),
  };
}

/** Resolves with the exit code when the server has stopped. */
export async function serveOverHttp(flags: ServeFlags, version: string): Promise<number> {
  const configuration = await openServerConfiguration(flags);
  const { loaded, current, logger } = configuration;
  const { server_host: host, server_port: port, auth_tokens: tokens, tools, persona, ...settings } = current();
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
  const app = openApp({ loaded, configuration: current, logger, clock, kind: 'server' });
  const metrics = createMetrics();
  const httpApp = createHttpApp({
    tools: selectOperations(tools),
    operations,
    openScope: app.scopeFor,
    health: app.health,
    listPersonas: () => listPersonas(loaded.paths),
    folders: listConcealedFolders(current(), loaded.paths),
    hosts: createHostList({
      boundHost: host,
      allowedHosts: settings.allowed_hosts,
      allowedOrigins: settings.allowed_origins,
    }),
    authenticator: createAuthenticator({
      tokens,
      accessToken: accessToken?.current,
      defaultPersona: persona,
      readOnly: tools === 'read-only',
      folderOf: app.findPersonaFolder,
      clock,
    }),
    requestLimit: createRateLimit({ perSecond: () => current().rate_limit_per_second, clock }),
    metrics,
    log: createCallLog({ write: logFile.write, level: () => current().log_level, clock }),
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
        await Promise.all([app.close(), logFile.close()]);
      },
    });
  } catch (error) {
    await Promise.all([app.close(), logFile.close()]);
    throw error;
  } finally {
    configuration.close();
  }
}
