/**
 * Observes operation calls over HTTP: refuses changes by a read-only principal, counts each call of a batch as a request,
 * and records every call in the log and the metrics.
 */
import type { Clock } from '../../core/clock.ts';
import { MemoryMcpError } from '../../core/errors.ts';
import type { InFlight } from '../../core/in-flight.ts';
import type { CallLog } from '../call-log.ts';
import type { ObserveCall } from '../observe-calls.ts';
import { assertMayCall } from './access/auth.ts';
import type { RateLimit } from './access/rate-limit.ts';
import { HttpError } from './http-error.ts';
import type { Metrics } from './metrics.ts';
import { getLimitKey, type RequestContext } from './request-context.ts';

export interface CallObserverDeps {
  readonly metrics: Metrics;
  readonly log: CallLog;
  readonly clock: Clock;
  readonly requestLimit: RateLimit;
  readonly inFlight: InFlight;
}

export function createCallObserver({ metrics, log, clock, requestLimit, inFlight }: CallObserverDeps) {
  return {
    /** The observer for the calls of one request. */
    forRequest(requestContext: RequestContext, persona: string, via: 'mcp' | 'api'): ObserveCall {
      let calls = 0;
      return async ({ operation, source, input }, work) => {
        const started = clock.monotonic();
        let outcome = 'ok';
        try {
          assertMayCall(requestContext.principal, operation);
          // The request itself already counted for the first call. A batch contains more.
          if (calls++ > 0) takeRequest(requestLimit, requestContext);
          return await inFlight.track(work());
        } catch (error) {
          outcome = error instanceof MemoryMcpError ? error.code : 'internal';
          throw error;
        } finally {
          const milliseconds = clock.monotonic() - started;
          const { name } = operation;
          metrics.recordOperation({ operation: name, via, outcome }, milliseconds / 1_000);
          log.record({
            event: 'call',
            via,
            operation: name,
            persona,
            token: requestContext.principal.label,
            source,
            address: requestContext.address,
            outcome,
            milliseconds: Math.round(milliseconds * 10) / 10,
            input: input(),
          });
        }
      };
    },
  };
}

export type CallObserver = ReturnType<typeof createCallObserver>;

/** Counts a request towards the rate limit. Fails with 429 if the limit is exceeded. */
export function takeRequest(limit: RateLimit, requestContext: RequestContext): void {
  const seconds = limit.take(getLimitKey(requestContext));
  if (seconds === 0) return;
  throw new HttpError(429, 'busy', 'Too many requests', {
    hint: `Try again in ${seconds} s. The limit is set by rate_limit_per_second.`,
    headers: { 'Retry-After': String(seconds) },
  });
}
