/**
 * What stops a request before an operation sees it: an HTTP status, headers, and the same code, message and hint as any
 * other failure. Guards throw it; one place turns it into JSON-RPC for /mcp and into the API's error for the rest.
 */
import { type ErrorCode, type ErrorDetails, MemoryMcpError } from '../../core/errors.ts';

export interface RefusalDetails extends ErrorDetails {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The JSON-RPC code on /mcp; -32000 where the specification names none. */
  readonly rpcCode?: number | undefined;
}

export class HttpError extends MemoryMcpError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly rpcCode: number;

  constructor(status: number, code: ErrorCode, message: string, details: RefusalDetails = {}) {
    super(code, message, details);
    this.status = status;
    this.headers = details.headers ?? {};
    this.rpcCode = details.rpcCode ?? -32000;
  }
}

/** A method that a route does not have. */
export function methodNotAllowed(method: string, path: string, allowed: readonly string[]): HttpError {
  return new HttpError(405, 'invalid_input', `${path} does not answer ${method}`, {
    hint: `Use ${allowed.join(' or ')}.`,
    headers: { Allow: allowed.join(', ') },
  });
}
