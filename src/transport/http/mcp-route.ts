/**
 * `/mcp`: Streamable HTTP for clients of both protocol eras, without sessions. Each request gets a server object of its
 * own, bound to the persona and the rights of that request; nothing of one client is ever in reach of another.
 */
import { type AuthInfo, createMcpHandler, type McpServer, type Server } from '@modelcontextprotocol/server';
import { reasonOf } from '../../core/errors.ts';
import type { OpenScope } from '../../operation/operation.ts';
import { createMcpServer, type McpServerDeps } from '../mcp/server.ts';
import type { ObserveCall } from '../observe-calls.ts';
import type { BodyBudget } from './body-budget.ts';
import { HttpError } from './http-error.ts';
import { acceptingBoth, inType, onlyReadable } from './reply-type.ts';
import { readJson } from './request-body.ts';

/** What one request may do, and as whom. */
export interface Admission {
  readonly openScope: (source: string) => OpenScope;
  readonly observeCall: ObserveCall;
}

/** The SDK hands this from `fetch` to the factory unchanged, which keeps request and rights together. */
interface AdmittedAuthInfo extends AuthInfo {
  readonly admission: Admission;
}

export interface McpRouteDeps extends Pick<McpServerDeps, 'operations' | 'version' | 'logger'> {
  readonly budget: BodyBudget;
  /** Makes the server object of a request; another one than the product's serves the conformance suites alone. */
  readonly createServer?: ((parts: McpServerDeps) => Server | McpServer) | undefined;
}

export function createMcpRoute({ createServer = createMcpServer, budget, ...parts }: McpRouteDeps) {
  const handler = createMcpHandler(
    ({ authInfo }) => {
      // `serve` below is the only caller of `fetch`.
      const { admission } = authInfo as AdmittedAuthInfo;
      return createServer({ ...parts, ...admission });
    },
    { legacy: 'stateless', onerror: (error) => parts.logger.debug('protocol', { reason: reasonOf(error) }) },
  );
  return {
    async serve(request: Request, admission: Admission): Promise<Response> {
      const parsedBody = await readJson(request, budget);
      assertShortReply(parsedBody);
      const authInfo: AdmittedAuthInfo = { token: '', clientId: '', scopes: [], admission };
      const type = onlyReadable(request.headers.get('accept'));
      if (type === undefined) return handler.fetch(request, { authInfo, parsedBody });
      const response = await handler.fetch(acceptingBoth(request), { authInfo, parsedBody });
      // A subscription stays open: it is a stream for whoever asks for it.
      return memberOf(parsedBody, 'method') === 'subscriptions/listen'
        ? response
        : inType(response, type, { batch: Array.isArray(parsedBody) });
    },
    /** Ends streams that would otherwise stay open, and everything in flight. */
    close: (): Promise<void> => handler.close(),
  };
}

export type McpRoute = ReturnType<typeof createMcpRoute>;

/** Far above any id or address that a client sends. */
const echoLimit = 2_000;
/** Each message of a batch has a reply, which may be many times its size. */
const batchLimit = 100;

/** Refuses long batches, ids and addresses: the protocol wants each back in the reply, errors included. */
function assertShortReply(body: unknown): void {
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
  if (messages.length > batchLimit) throw invalidRequest(`The batch holds more than ${batchLimit} messages`);
  for (const message of messages) {
    const echoed = [memberOf(message, 'id'), memberOf(memberOf(message, 'params'), 'uri')];
    if (echoed.some((value) => typeof value === 'string' && value.length > echoLimit)) {
      throw invalidRequest(`An id or uri is longer than ${echoLimit} characters`);
    }
  }
}

function invalidRequest(message: string): HttpError {
  return new HttpError(400, 'invalid_input', message, { rpcCode: -32600 });
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
