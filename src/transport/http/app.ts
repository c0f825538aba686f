/**
 * Everything that is served over HTTP, as one function from a request to a response: the guard and the token in front
 * of every route, then MCP for both protocol eras, the API, health and metrics. What is not listed here is 404.
 */
import { Hono, type MiddlewareHandler } from 'hono';
import type { Clock } from '../../core/clock.ts';
import { createInFlight } from '../../core/in-flight.ts';
import type { Logger } from '../../core/logger.ts';
import type { OpenScope, Operation } from '../../operation/operation.ts';
import type { Caller } from '../../persona/scope.ts';
import type { Health } from '../../service/health.ts';
import type { CallLog } from '../call-log.ts';
import type { Authenticator } from './access/auth.ts';
import { checkHead } from './access/guard.ts';
import type { HostList } from './access/host-list.ts';
import type { RateLimit } from './access/rate-limit.ts';
import { callApi, operationFor } from './api-route.ts';
import { createBodyBudget } from './body-budget.ts';
import { createCallObserver, takeFrom } from './call-observer.ts';
import { concealingScope, createConceal, type ServerFolders } from './concealed-folders.ts';
import { failureReply, mcpPath } from './failure-reply.ts';
import { HttpError, methodNotAllowed } from './http-error.ts';
import { createMcpRoute, type McpRouteDeps } from './mcp-route.ts';
import { type Metrics, metricsContentType } from './metrics.ts';
import { pageHeaders, welcomePage } from './pages.ts';
import type { HttpEnvironment } from './request-context.ts';
import { addResponseHeaders } from './response-headers.ts';

export interface HttpAppDeps {
  /** What MCP clients are offered. */
  readonly tools: readonly Operation[];
  /** What the API reaches. */
  readonly operations: readonly Operation[];
  readonly openScope: (persona: string, caller: Caller) => OpenScope;
  /** What replies do not name. */
  readonly folders: ServerFolders;
  readonly health: () => Promise<Health>;
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

export function createHttpApp(parts: HttpAppDeps) {
  const { tools, operations, hosts, authenticator, requestLimit, metrics, log, version, clock, logger } = parts;
  const conceal = createConceal(parts.folders);
  const openScope = (persona: string, caller: Caller) =>
    concealingScope(parts.openScope(persona, caller), conceal, logger);
  const hono = new Hono<HttpEnvironment>({ strict: false }); // a slash at the end of a path changes nothing
  const budget = createBodyBudget();
  const mcp = createMcpRoute({ operations: tools, version, logger, budget, createServer: parts.createServer });
  const inFlight = createInFlight();
  const callObserver = createCallObserver({ metrics, log, clock, requestLimit, inFlight });
  let draining = false;

  const { allowsOrigin } = hosts;
  hono.use(addResponseHeaders({ metrics, log, clock, inFlight, allowsOrigin, draining: () => draining }));
  hono.use(async (c, next) => {
    checkHead(c.req.raw, hosts);
    const asksPermission =
      c.req.header('origin') !== undefined && c.req.header('access-control-request-method') !== undefined;
    if (c.req.method === 'OPTIONS' && asksPermission) return c.body(null, 204);
    return next();
  });

  const health = shared(parts.health, { milliseconds: 1_000, clock });
  hono.all('/health', allow(['GET', 'HEAD']), async (c) => {
    const { status, checks } = await health();
    return c.json({ status, checks }, status === 'unavailable' ? 503 : 200);
  });

  // Every route from here on is for those who may come in.
  hono.use(async (c, next) => {
    const { address, peer } = c.var;
    // A peer on this machine could name another address with each guess, so wrong tokens are counted by peer.
    c.set('requestContext', { principal: authenticator.identify(c.req.raw.headers, peer), address });
    takeFrom(requestLimit, c.var.requestContext);
    return next();
  });

  hono.all(mcpPath, allow(['POST']), (c) => {
    const { requestContext } = c.var;
    const persona = authenticator.personaOf(requestContext.principal, c.req.raw.headers);
    return mcp.serve(c.req.raw, {
      openScope: (source) => openScope(persona, { source, readOnly: requestContext.principal.readOnly }),
      observeCall: callObserver.of(requestContext, persona, 'mcp'),
    });
  });

  hono.all('/api/:operation', (c) => {
    const { requestContext } = c.var;
    const operation = operationFor(c.req.raw, c.req.param('operation'), operations);
    const persona = authenticator.personaOf(requestContext.principal, c.req.raw.headers);
    return callApi({
      request: c.req.raw,
      operation,
      openScope: openScope(persona, { source: 'api', readOnly: requestContext.principal.readOnly }),
      observeCall: callObserver.of(requestContext, persona, 'api'),
      budget,
    });
  });

  hono.all('/metrics', allow(['GET', 'HEAD']), (c) =>
    c.body(metrics.render(), 200, { 'Content-Type': metricsContentType }),
  );
  hono.all('/', allow(['GET', 'HEAD']), (c) => c.body(welcomePage, 200, pageHeaders));

  hono.notFound((c) => {
    const hint = `MCP clients connect to ${mcpPath}; the API is /api/<operation>.`;
    return failureReply(new HttpError(404, 'not_found', 'There is nothing here', { hint }), c.req.raw, logger);
  });
  hono.onError((error, c) => failureReply(error, c.req.raw, logger));

  return {
    hono,
    /** Lets running calls finish, at most so many milliseconds, and ends the streams that would stay open. */
    async drain(limit: number): Promise<void> {
      draining = true;
      await inFlight.endedWithin(limit);
      await mcp.close();
    },
  };
}

export type HttpApp = ReturnType<typeof createHttpApp>;

function allow(methods: readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    if (!methods.includes(c.req.method)) throw methodNotAllowed(c.req.method, c.req.path, methods);
    await next();
  };
}

/** Asks once for everybody who comes within a while: a probe costs work, and anybody may ask for it. */
function shared<Value>(
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
