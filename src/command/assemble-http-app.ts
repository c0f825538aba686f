/** Puts the HTTP application together from the settings: what `serve --http` serves, and what tests ask without a socket. */
import { homedir } from 'node:os';
import { dirname, isAbsolute } from 'node:path';
import type { App } from '../app.ts';
import type { DataPaths } from '../config/paths.ts';
import type { Configuration } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import { operations, selectOperations } from '../operation/index.ts';
import { listPersonas } from '../personas/list-personas.ts';
import { createCallLog } from '../transport/call-log.ts';
import { createAuthenticator } from '../transport/http/access/auth.ts';
import { createHostList } from '../transport/http/access/host-list.ts';
import { createRateLimit } from '../transport/http/access/rate-limit.ts';
import { createHttpApp, type HttpApp } from '../transport/http/app.ts';
import type { ServerFolders } from '../transport/http/concealed-folders.ts';
import { createMetrics, type Metrics } from '../transport/http/metrics.ts';

export interface AssembleDeps {
  readonly app: App;
  readonly paths: DataPaths;
  /** The settings of the moment. Those that are not live are read once. */
  readonly current: () => Configuration;
  /** The token that the server made for itself, if it needs one. */
  readonly accessToken: (() => string) | undefined;
  /** Takes the lines of the operation log. */
  readonly writeLog: (line: string) => void;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function assembleHttpApp(deps: AssembleDeps): { httpApp: HttpApp; metrics: Metrics } {
  const { app, paths, current, accessToken, writeLog, version, clock, logger } = deps;
  const { server_host: boundHost, auth_tokens: tokens, tools, persona, ...settings } = current();
  const metrics = createMetrics();
  const httpApp = createHttpApp({
    tools: selectOperations(tools),
    operations,
    openScope: app.scopeFor,
    health: app.health,
    listPersonas: () => listPersonas(paths),
    folders: listConcealedFolders(current(), paths),
    hosts: createHostList({
      boundHost,
      allowedHosts: settings.allowed_hosts,
      allowedOrigins: settings.allowed_origins,
    }),
    authenticator: createAuthenticator({
      tokens,
      accessToken,
      defaultPersona: persona,
      readOnly: tools === 'read-only',
      folderOf: app.findPersonaFolder,
      clock,
    }),
    requestLimit: createRateLimit({ perSecond: () => current().rate_limit_per_second, clock }),
    metrics,
    log: createCallLog({ write: writeLog, level: () => current().log_level, clock }),
    version,
    clock,
    logger,
  });
  return { httpApp, metrics };
}

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
