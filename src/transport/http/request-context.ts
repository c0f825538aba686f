/**
 * The context of an authenticated request: its principal and client address. Middleware stores it in Hono's context.
 */
import type { IncomingMessage } from 'node:http';
import type { Principal } from './access/auth.ts';

export interface RequestContext {
  readonly principal: Principal;
  readonly address: string;
}

/** The key for the rate limit: the token, or the address if there are no tokens. */
export function getLimitKey({ principal, address }: RequestContext): string {
  return principal.id ?? address;
}

export interface HttpEnvironment {
  // Absent if a test calls the application without a server.
  Bindings: { readonly incoming?: IncomingMessage };
  Variables: { requestContext: RequestContext; address: string; peer: string };
}
