/**
 * A failure as an HTTP response: JSON-RPC on /mcp, the sign-in form where a person opens the front page without a
 * token, and `{error: {code, message, hint}}` everywhere else.
 */
import { errorOutcomes } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { describeError } from '../error-reply.ts';
import { HttpError } from './http-error.ts';
import { pageHeaders, signInPage } from './pages.ts';
import { lingeringBody } from './request-body.ts';

export const mcpPath = '/mcp';

export function failureReply(error: unknown, request: Request, logger: Logger): Response {
  const { code, text, structured } = describeError(error, logger);
  const refusal = error instanceof HttpError ? error : undefined;
  const status = refusal?.status ?? errorOutcomes[code].httpStatus;
  const { pathname } = new URL(request.url);
  if (pathname === '/' && status === 401) {
    return new Response(signInPage, { status, headers: { ...refusal?.headers, ...pageHeaders } });
  }
  const body =
    pathname.replace(/\/$/, '') === mcpPath
      ? { jsonrpc: '2.0', error: { code: refusal?.rpcCode ?? -32000, message: text }, id: null }
      : structured;
  const json = JSON.stringify(body);
  const headers = { 'Content-Type': 'application/json', ...refusal?.headers };
  if (refusal?.headers.Connection !== 'close') return new Response(json, { status, headers });
  return new Response(lingeringBody(json, request), {
    status,
    headers: { ...headers, 'Content-Length': String(Buffer.byteLength(json)) },
  });
}
