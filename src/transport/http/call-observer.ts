/**
 * Watches the calls that come over HTTP: a read-only principal calls reads alone, a batch counts as many requests, and
 * each call leaves a line in the log and a duration in the metrics, whatever its end.
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
import { limitKeyOf, type RequestContext } from './request-context.ts';

export interface CallObserverDeps {
  readonly metrics: Metrics;
  readonly log: CallLog;
  readonly clock: Clock;
  readonly requestLimit: RateLimit;
  readonly inFlight: InFlight;
}

export function createCallObserver({ metrics, log, clock, requestLimit, inFlight }: CallObserverDeps) {
  return {
    /** For the calls of one request. */
    of(requestContext: RequestContext, persona: string, via: 'mcp' | 'api'): ObserveCall {
      let calls = 0;
      return async ({ operation, source, input }, work) => {
        const started = clock.monotonic();
        let outcome = 'ok';
        try {
          assertMayCall(requestContext.principal, operation);
          // The first call was paid for at the door; a batch brings more of them.
          if (calls++ > 0) takeFrom(requestLimit, requestContext);
          return await inFlight.track(work());
        } catch (error) {
          outcome = error instanceof MemoryMcpError ? error.code : 'internal';
          throw error;
        } finally {
          const milliseconds = clock.monotonic() - started;
          const { name } = operation;
          metrics.operation({ operation: name, via, outcome }, milliseconds / 1_000);
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

/** Takes one request from what a principal may send in this second. */
export function takeFrom(limit: RateLimit, requestContext: RequestContext): void {
  const seconds = limit.take(limitKeyOf(requestContext));
  if (seconds === 0) return;
  throw new HttpError(429, 'busy', 'Too many requests in this second', {
    hint: `Try again in ${seconds} s; rate_limit_per_second says how many there may be.`,
    headers: { 'Retry-After': String(seconds) },
  });
}
