/**
 * `/mcp`: Streamable HTTP for clients of both protocol eras, without sessions. Each request gets a server object of its
 * own, bound to the persona and the rights of that request; nothing of one client is ever in reach of another.
 */
import { type AuthInfo, createMcpHandler, type McpServer, type Server } from '@modelcontextprotocol/server';
import { reasonOf } from '../../core/errors.ts';
import type { OpenScope } from '../../operation/operation.ts';
import { createMcpServer, type McpServerDeps } from '../mcp/server.ts';
import type { ObserveCall } from '../observe-calls.ts';
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
  /** Makes the server object of a request; another one than the product's serves the conformance suites alone. */
  readonly createServer?: ((parts: McpServerDeps) => Server | McpServer) | undefined;
}

export function createMcpRoute({ createServer = createMcpServer, ...parts }: McpRouteDeps) {
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
      const parsedBody = await readJson(request);
      const authInfo: AdmittedAuthInfo = { token: '', clientId: '', scopes: [], admission };
      return handler.fetch(request, { authInfo, parsedBody });
    },
    /** Ends streams that would otherwise stay open, and everything in flight. */
    close: (): Promise<void> => handler.close(),
  };
}

export type McpRoute = ReturnType<typeof createMcpRoute>;
