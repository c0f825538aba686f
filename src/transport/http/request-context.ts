/**
 * What is known about a request once it has passed the guard: who asks and from where. Routes read it from Hono's
 * context, where the middleware in front of them has put it.
 */
import type { IncomingMessage } from 'node:http';
import type { Principal } from './access/auth.ts';

export interface RequestContext {
  readonly principal: Principal;
  readonly address: string;
}

/** What counts as one for the rate limit: a token, or without tokens an address. */
export function limitKeyOf({ principal, address }: RequestContext): string {
  return principal.id ?? address;
}

export interface HttpEnvironment {
  // Absent where a test calls the application without a server.
  Bindings: { readonly incoming?: IncomingMessage };
  Variables: { requestContext: RequestContext; address: string; peer: string };
}
