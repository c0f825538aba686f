/**
 * Requests to one Qdrant server: JSON over fetch, with a time limit, retries of what may come back, and errors that
 * name the server, what it said and what to do. It knows nothing of memories.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import { codeOf, reasonOf } from '../../core/errors.ts';
import { secondLength } from '../../core/time/durations.ts';
import { parseLossless } from './lossless-json.ts';
import { QdrantError } from './qdrant-error.ts';

export interface QdrantClientDeps {
  /** The address as it was configured: a path is kept, no port is guessed. */
  readonly url: string;
  readonly apiKey?: string | undefined;
  readonly clock: Clock;
  /** Attempts for a request that fails as if the server were away. */
  readonly attempts?: number;
  /**
   * How long after such a failure requests fail at once. A search must not wait for a server that was away a moment ago.
   */
  readonly cooldownMilliseconds?: number;
}

export interface QdrantRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Below the address; names in it are encoded. */
  readonly path: string;
  /** JSON, already written where it is long. */
  readonly body?: object | string | undefined;
  readonly timeoutMilliseconds?: number;
  /** Instead of the client's own number. */
  readonly attempts?: number;
  /** Reads whole numbers that a double cannot hold as `LongNumber`. */
  readonly lossless?: boolean;
}

const usualTimeout = 5 * secondLength;
const firstPause = 100;
const longestPause = 10 * secondLength;
const shownLength = 300;
/** 500: Qdrant's own time limits and a store that is just starting are among these, and writes can be repeated. */
const retried = new Set([408, 429, 500, 502, 503, 504]);

const envelope = z.object({ result: z.unknown() });
const errorBody = z.object({ status: z.object({ error: z.string() }) });

export function createQdrantClient(deps: QdrantClientDeps) {
  const { apiKey, clock, attempts = 3, cooldownMilliseconds = 3 * secondLength } = deps;
  const base = new URL(deps.url);
  const root = `${base.origin}${base.pathname.replace(/\/+$/, '')}`;
  const name = `Qdrant at ${base.host}${base.pathname.replace(/\/+$/, '')}`;
  const ended = new AbortController();
  let away: { error: QdrantError; since: number } | undefined;

  /** The `result` of the answer, as `schema` describes it. */
  async function send<Result>(request: QdrantRequest, schema: z.ZodType<Result>): Promise<Result> {
    const recent = away;
    if (recent !== undefined && clock.monotonic() - recent.since < cooldownMilliseconds) throw recent.error;
    const tries = recent === undefined ? (request.attempts ?? attempts) : 1;
    for (let attempt = 1; ; attempt++) {
      try {
        const result = await sendOnce(request, schema);
        away = undefined;
        return result;
      } catch (error) {
        if (!(error instanceof RetryableError)) {
          // It answered, if only to refuse.
          away = undefined;
          throw error;
        }
        if (ended.signal.aborted) throw error.failure;
        const pause = Math.max(error.retryAfter ?? 0, firstPause * 4 ** (attempt - 1) * (0.5 + Math.random() / 2));
        if (attempt >= tries || pause > longestPause) {
          away = { error: error.failure, since: clock.monotonic() };
          throw error.failure;
        }
        await sleep(pause, undefined, { signal: ended.signal, ref: false }).catch(() => {});
      }
    }
  }

  async function sendOnce<Result>(request: QdrantRequest, schema: z.ZodType<Result>): Promise<Result> {
    const { status, headers, text } = await exchange(request);
    if (status >= 200 && status < 300) {
      const answer = envelope.safeParse(parseJson(text, request.lossless === true ? parseLossless : JSON.parse));
      const result = schema.safeParse(answer.data?.result);
      if (answer.success && result.success) return result.data;
      throw new QdrantError(
        'address',
        `${name} answers ${requestName(request)} with something else: ${shorten(text)}`,
        {
          hint: addressHint,
        },
      );
    }
    const said = errorBody.safeParse(parseJson(text)).data?.status.error;
    if (retried.has(status)) {
      const seconds = Number(headers.get('retry-after'));
      throw new RetryableError(
        new QdrantError('away', `${name} answers ${status}${said === undefined ? '' : `: ${shorten(said)}`}`, {
          hint: 'Look into its log; memory-mcp tries again with the next search.',
        }),
        Number.isFinite(seconds) ? seconds * secondLength : undefined,
      );
    }
    throw refusal(request, status, said ?? text, said !== undefined);
  }

  function refusal(request: QdrantRequest, status: number, said: string, isQdrant: boolean): QdrantError {
    const quoted = shorten(said);
    if (status === 401 || status === 403) {
      return new QdrantError(
        'key',
        `${name} refuses ${apiKey === undefined ? 'requests without an API key' : 'the API key'}: ${quoted}`,
        {
          hint: 'Set qdrant_api_key (MEMORY_MCP_QDRANT_API_KEY) to a key that may read and write.',
        },
      );
    }
    if (status === 404 && isQdrant) return new QdrantError('missing', `${name}: ${quoted}`);
    if (status === 404) {
      return new QdrantError('address', `${name} has no ${requestName(request)} (404)`, { hint: addressHint });
    }
    if (status === 409) return new QdrantError('exists', `${name}: ${quoted}`);
    if (status === 507) {
      return new QdrantError('full', `${name} has no room: ${quoted}`, { hint: 'Give it a larger disk or quota.' });
    }
    return new QdrantError('refused', `${name} refuses ${requestName(request)} (${status}): ${quoted}`);
  }

  async function exchange(request: QdrantRequest): Promise<{ status: number; headers: Headers; text: string }> {
    const { method, path, body, timeoutMilliseconds = usualTimeout } = request;
    try {
      const response = await fetch(`${root}${path}`, {
        method,
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(apiKey !== undefined && { 'api-key': apiKey }),
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        signal: AbortSignal.any([ended.signal, AbortSignal.timeout(timeoutMilliseconds)]),
        // A redirect could carry the key to a stranger.
        redirect: 'error',
      });
      return { status: response.status, headers: response.headers, text: await response.text() };
    } catch (cause) {
      throw new RetryableError(
        new QdrantError('away', describeOutage(cause, timeoutMilliseconds), { hint: awayHint, cause }),
      );
    }
  }

  function describeOutage(thrown: unknown, timeout: number): string {
    if (ended.signal.aborted) return `The connection to ${name} is closed`;
    if (thrown instanceof DOMException && thrown.name === 'TimeoutError') {
      return `${name} did not answer within ${timeout / secondLength} s`;
    }
    // fetch says "fetch failed" and puts the reason into the cause, which may hold one for each address it tried.
    const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
    return `${name} cannot be reached (${codeOf(cause) ?? reasonOf(cause)})`;
  }

  return {
    name,
    send,
    /** What the server says at its root, which needs no key; undefined if that is not JSON. */
    async banner(): Promise<unknown> {
      try {
        return parseJson((await exchange({ method: 'GET', path: '/' })).text);
      } catch (error) {
        throw error instanceof RetryableError ? error.failure : error;
      }
    },
    /** Ends every request that is waiting for an answer, and refuses new ones. */
    close: (): void => ended.abort(),
  };
}

export type QdrantClient = ReturnType<typeof createQdrantClient>;

const awayHint = 'Start Qdrant, or set qdrant_url (MEMORY_MCP_QDRANT_URL) to where it is.';
const addressHint =
  'Set qdrant_url (MEMORY_MCP_QDRANT_URL) to the address of Qdrant itself, 1.10 or newer, for example http://localhost:6333.';

class RetryableError extends Error {
  readonly failure: QdrantError;
  /** In milliseconds. */
  readonly retryAfter: number | undefined;

  constructor(failure: QdrantError, retryAfter?: number) {
    super(failure.message);
    this.failure = failure;
    this.retryAfter = retryAfter;
  }
}

function requestName({ method, path }: QdrantRequest): string {
  return `${method} ${path.replace(/\?.*/, '')}`;
}

function parseJson(text: string, parse: (text: string) => unknown = JSON.parse): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > shownLength ? `${line.slice(0, shownLength)}…` : line || 'an empty answer';
}
