/**
 * Converts an error to an HTTP response: JSON-RPC on /mcp, the sign-in page for the front page without a token, and
 * `{error: {code, message, hint}}` everywhere else.
 */
import { errorOutcomes } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { describeError } from '../error-reply.ts';
import { HttpError } from './http-error.ts';
import { pageHeaders, signInPage } from './pages.ts';
import { createLingeringBody } from './request-body.ts';

export const mcpPath = '/mcp';

export function createFailureReply(error: unknown, request: Request, logger: Logger): Response {
  const { code, text, structured } = describeError(error, logger);
  const httpError = error instanceof HttpError ? error : undefined;
  const status = httpError?.status ?? errorOutcomes[code].httpStatus;
  const { pathname } = new URL(request.url);
  if (pathname === '/' && status === 401) {
    return new Response(signInPage, { status, headers: { ...httpError?.headers, ...pageHeaders } });
  }
  const body =
    pathname.replace(/\/$/, '') === mcpPath
      ? { jsonrpc: '2.0', error: { code: httpError?.rpcCode ?? -32000, message: text }, id: null }
      : structured;
  const json = JSON.stringify(body);
  const headers = { 'Content-Type': 'application/json', ...httpError?.headers };
  if (httpError?.headers.Connection !== 'close') return new Response(json, { status, headers });
  return new Response(createLingeringBody(json, request), {
    status,
    headers: { ...headers, 'Content-Length': String(Buffer.byteLength(json)) },
  });
}
