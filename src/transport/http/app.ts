/**
 * The HTTP application: the guard and authentication, then the routes for MCP, the API, health and metrics. Any other
 * path is 404.
 */
import { Hono, type MiddlewareHandler } from 'hono';
import type { Clock } from '../../core/clock.ts';
import { createInFlight } from '../../core/in-flight.ts';
import type { Logger } from '../../core/logger.ts';
import type { OpenScope, Operation } from '../../operation/operation.ts';
import type { Caller } from '../../persona/scope.ts';
import type { PersonaSummary } from '../../personas/list-personas.ts';
import type { Health } from '../../service/health.ts';
import type { CallLog } from '../call-log.ts';
import { type Authenticator, opensPersona } from './access/auth.ts';
import { checkBody, checkHeaders, checkHost, checkOrigin, isPreflight } from './access/guard.ts';
import type { HostList } from './access/host-list.ts';
import type { RateLimit } from './access/rate-limit.ts';
import { callApi, findOperation } from './api-route.ts';
import { createBodyBudget } from './body-budget.ts';
import { createCallObserver, takeRequest } from './call-observer.ts';
import { concealInScope, createConceal, type ServerFolders } from './concealed-folders.ts';
import { createFailureReply, mcpPath } from './failure-reply.ts';
import { HttpError, methodNotAllowed } from './http-error.ts';
import { createMcpRoute, type McpRouteDeps } from './mcp-route.ts';
import { type Metrics, metricsContentType } from './metrics.ts';
import { pageHeaders, welcomePage } from './pages.ts';
import type { HttpEnvironment } from './request-context.ts';
import { addResponseHeaders } from './response-headers.ts';

export interface HttpAppDeps {
  /** The operations to offer as MCP tools. */
  readonly tools: readonly Operation[];
  /** The operations of the API. */
  readonly operations: readonly Operation[];
  readonly openScope: (persona: string, caller: Caller) => OpenScope;
  /** Folders that replies must not reveal. */
  readonly folders: ServerFolders;
  readonly health: () => Promise<Health>;
  readonly listPersonas: () => Promise<readonly PersonaSummary[]>;
  readonly hosts: HostList;
  readonly authenticator: Authenticator;
  readonly requestLimit: RateLimit;
  readonly metrics: Metrics;
  readonly log: CallLog;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly createServer?: McpRouteDeps['createServer'];
}

export function createHttpApp(deps: HttpAppDeps) {
  const { tools, operations, hosts, authenticator, requestLimit, metrics, log, version, clock, logger } = deps;
  const conceal = createConceal(deps.folders);
  const openScope = (persona: string, caller: Caller) =>
    concealInScope(deps.openScope(persona, caller), conceal, logger);
  const hono = new Hono<HttpEnvironment>({ strict: false }); // ignores a trailing slash
  const budget = createBodyBudget();
  const mcp = createMcpRoute({ operations: tools, version, logger, budget, createServer: deps.createServer });
  const inFlight = createInFlight();
  const callObserver = createCallObserver({ metrics, log, clock, requestLimit, inFlight });
  let draining = false;

  const { allowsOrigin } = hosts;
  hono.use(addResponseHeaders({ metrics, log, clock, inFlight, allowsOrigin, draining: () => draining }));
  hono.use(async (c, next) => {
    const request = c.req.raw;
    checkHeaders(request);
    if (!authenticator.wantsToken) checkHost(request, hosts);
    checkOrigin(request, hosts);
    checkBody(request);
    return isPreflight(request) ? c.body(null, 204) : next();
  });

  const health = cacheBriefly(deps.health, { milliseconds: 1_000, clock });
  hono.all('/health', allowMethods(['GET', 'HEAD']), async (c) => {
    const { status, checks } = await health();
    return c.json({ status, checks }, status === 'unavailable' ? 503 : 200);
  });

  // Clients look here for an authorization server. A 401 would send them looking for more.
  hono.all('/.well-known/*', (c) => c.notFound());

  // All routes below require authentication.
  hono.use(async (c, next) => {
    const { address, peer } = c.var;
    // Wrong tokens are counted by peer, because a local peer can send a different address with each guess.
    c.set('requestContext', { principal: authenticator.identify(c.req.raw.headers, peer), address });
    takeRequest(requestLimit, c.var.requestContext);
    return next();
  });

  hono.all(mcpPath, allowMethods(['POST']), (c) => {
    const { requestContext } = c.var;
    const persona = authenticator.personaOf(requestContext.principal, c.req.raw.headers);
    return mcp.serve(c.req.raw, {
      openScope: (source) => openScope(persona, { source, readOnly: requestContext.principal.readOnly }),
      observeCall: callObserver.forRequest(requestContext, persona, 'mcp'),
    });
  });

  // No operation: it is about every persona that the token opens, not about one.
  hono.all('/api/personas', allowMethods(['GET', 'HEAD']), async (c) => {
    const { principal } = c.var.requestContext;
    const personas = (await deps.listPersonas()).filter(({ name }) => opensPersona(principal, name));
    return c.json({ result: { personas: personas.map((persona) => concealProblem(persona, logger)) } });
  });

  hono.all('/api/:operation', (c) => {
    const { requestContext } = c.var;
    const operation = findOperation(c.req.raw, c.req.param('operation'), operations);
    const persona = authenticator.personaOf(requestContext.principal, c.req.raw.headers);
    return callApi({
      request: c.req.raw,
      operation,
      openScope: openScope(persona, { source: 'api', readOnly: requestContext.principal.readOnly }),
      observeCall: callObserver.forRequest(requestContext, persona, 'api'),
      budget,
    });
  });

  hono.all('/metrics', allowMethods(['GET', 'HEAD']), (c) =>
    c.body(metrics.render(), 200, { 'Content-Type': metricsContentType }),
  );
  hono.all('/', allowMethods(['GET', 'HEAD']), (c) => c.body(welcomePage, 200, pageHeaders));

  hono.notFound((c) => {
    const hint = `MCP clients connect to ${mcpPath}; the API is /api/<operation>.`;
    return createFailureReply(new HttpError(404, 'not_found', 'There is nothing here', { hint }), c.req.raw, logger);
  });
  hono.onError((error, c) => createFailureReply(error, c.req.raw, logger));

  return {
    hono,
    /** Waits up to `limit` milliseconds for running calls, then ends the streams that are still open. */
    async drain(limit: number): Promise<void> {
      draining = true;
      await inFlight.endedWithin(limit);
      await mcp.close();
    },
  };
}

export type HttpApp = ReturnType<typeof createHttpApp>;

/** A problem names folders of this machine, which belong into the log. */
function concealProblem({ problem, ...persona }: PersonaSummary, logger: Logger): PersonaSummary {
  if (problem === undefined) return persona;
  logger.warn('a persona cannot be read', { persona: persona.name, reason: problem });
  return { ...persona, problem: 'it cannot be read; the log of the server has the reason' };
}

function allowMethods(methods: readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    if (!methods.includes(c.req.method)) throw methodNotAllowed(c.req.method, c.req.path, methods);
    await next();
  };
}

/** Caches the result for a short time, because a health check is costly and needs no authentication. */
function cacheBriefly<Value>(
  find: () => Promise<Value>,
  { milliseconds, clock }: { milliseconds: number; clock: Clock },
): () => Promise<Value> {
  let latest: { at: number; value: Promise<Value> } | undefined;
  return () => {
    const now = clock.monotonic();
    if (latest === undefined || now - latest.at >= milliseconds) latest = { at: now, value: find() };
    return latest.value;
  };
}
