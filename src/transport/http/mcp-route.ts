/**
 * `/mcp`: Streamable HTTP for both protocol versions, without sessions. Each request gets its own server object, bound to
 * the persona and the permissions of that request. Clients share no state.
 */
import { type AuthInfo, createMcpHandler, type McpServer, type Server } from '@modelcontextprotocol/server';
import { reasonOf } from '../../core/errors.ts';
import type { OpenScope } from '../../operation/operation.ts';
import { mendMessage } from '../mcp/mend-message.ts';
import { createMcpServer, type McpServerDeps } from '../mcp/server.ts';
import type { ObserveCall } from '../observe-calls.ts';
import type { BodyBudget } from './body-budget.ts';
import { HttpError } from './http-error.ts';
import { acceptBothTypes, chooseReplyType, convertReply } from './reply-type.ts';
import { readJson } from './request-body.ts';

/** The permissions of one request. */
export interface RequestAccess {
  readonly openScope: (source: string) => OpenScope;
  readonly observeCall: ObserveCall;
}

/** The SDK passes this from `fetch` to the factory unchanged, which ties the permissions to the request. */
interface RequestAuthInfo extends AuthInfo {
  readonly access: RequestAccess;
}

export interface McpRouteDeps extends Pick<McpServerDeps, 'operations' | 'version' | 'logger'> {
  readonly budget: BodyBudget;
  /** Creates the server object of a request. Only the conformance tests replace it. */
  readonly createServer?: ((deps: McpServerDeps) => Server | McpServer) | undefined;
}

export function createMcpRoute({ createServer = createMcpServer, budget, ...deps }: McpRouteDeps) {
  const handler = createMcpHandler(
    ({ authInfo }) => {
      // `serve` below is the only caller of `fetch`.
      const { access } = authInfo as RequestAuthInfo;
      return createServer({ ...deps, ...access });
    },
    { legacy: 'stateless', onerror: (error) => deps.logger.debug('protocol', { reason: reasonOf(error) }) },
  );
  return {
    async serve(request: Request, access: RequestAccess): Promise<Response> {
      const body = await readJson(request, budget);
      assertShortReply(body);
      const parsedBody = Array.isArray(body) ? body.map(mendMessage) : mendMessage(body);
      const authInfo: RequestAuthInfo = { token: '', clientId: '', scopes: [], access };
      const type = chooseReplyType(request.headers.get('accept'));
      if (type === undefined) return handler.fetch(request, { authInfo, parsedBody });
      const response = await handler.fetch(acceptBothTypes(request), { authInfo, parsedBody });
      // A subscription stays open, so it is always a stream.
      return getProperty(parsedBody, 'method') === 'subscriptions/listen'
        ? response
        : convertReply(response, type, { batch: Array.isArray(parsedBody) });
    },
    /** Ends open streams and requests in flight. */
    close: (): Promise<void> => handler.close(),
  };
}

export type McpRoute = ReturnType<typeof createMcpRoute>;

/** Far above the length of any id or URI that a client sends. */
const echoLimit = 2_000;
/** Each message of a batch gets a reply, which may be many times as long. */
const batchLimit = 100;

/** Refuses long batches, ids and URIs, because replies and errors repeat them, and ids that could have one reply only. */
function assertShortReply(body: unknown): void {
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
  if (messages.length > batchLimit) throw invalidRequest(`The batch contains more than ${batchLimit} messages`);
  const ids = messages.map((message) => getProperty(message, 'id')).filter((id) => id !== undefined && id !== null);
  if (new Set(ids).size < ids.length) throw invalidRequest('Two requests of the batch have the same id');
  for (const message of messages) {
    const echoed = [getProperty(message, 'id'), getProperty(getProperty(message, 'params'), 'uri')];
    if (echoed.some((value) => typeof value === 'string' && value.length > echoLimit)) {
      throw invalidRequest(`An id or uri is longer than ${echoLimit} characters`);
    }
  }
}

function invalidRequest(message: string): HttpError {
  return new HttpError(400, 'invalid_input', message, { rpcCode: -32600 });
}

function getProperty(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
