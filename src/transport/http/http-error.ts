/**
 * An error that ends a request before an operation runs. Adds an HTTP status and headers to the code, message and hint.
 * `failure-reply.ts` converts it to a response.
 */
import { type ErrorCode, type ErrorDetails, MemoryMcpError } from '../../core/errors.ts';

export interface HttpErrorDetails extends ErrorDetails {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The JSON-RPC error code on /mcp. Defaults to -32000, for errors without a standard code. */
  readonly rpcCode?: number | undefined;
}

export class HttpError extends MemoryMcpError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly rpcCode: number;

  constructor(status: number, code: ErrorCode, message: string, details: HttpErrorDetails = {}) {
    super(code, message, details);
    this.status = status;
    this.headers = details.headers ?? {};
    this.rpcCode = details.rpcCode ?? -32000;
  }
}

/** The error for a method that a route does not support. */
export function methodNotAllowed(method: string, path: string, allowed: readonly string[]): HttpError {
  return new HttpError(405, 'invalid_input', `${path} does not support ${method}`, {
    hint: `Use ${allowed.join(' or ')}.`,
    headers: { Allow: allowed.join(', ') },
  });
}
