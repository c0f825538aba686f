/**
 * Reads and parses the body of a request. The size limit also holds if Content-Length is missing or wrong. After an
 * error the rest of the body is read and discarded for a short time, because the client would lose the reply if the
 * connection were closed at once.
 */
import { reasonOf } from '../../core/errors.ts';
import { type BodyBudget, inFlightBodiesLimit } from './body-budget.ts';
import { HttpError } from './http-error.ts';
import { hasMorePartsThan } from './json-parts.ts';

export const bodyLimit = 4 * 1024 * 1024;

/** Maximum number of values in a body. A batch of a hundred calls has far fewer. */
const partLimit = 20_000;

/** Initial size of the buffer, which doubles when it is full. */
const firstCapacity = 16 * 1024;

/** How much to discard, and for how long, before the connection is closed. */
const discardLimit = { bytes: 32 * 1024 * 1024, milliseconds: 1_000 };

export function bodyTooLarge(): HttpError {
  return new HttpError(413, 'invalid_input', `The body is larger than ${bodyLimit} bytes`, {
    hint: 'Split it. A memory has at most 100,000 characters.',
    headers: { Connection: 'close' },
  });
}

function tooManyInFlight(): HttpError {
  const mebibytes = inFlightBodiesLimit / 1024 / 1024;
  return new HttpError(503, 'busy', `The bodies of requests in flight already take ${mebibytes} MiB`, {
    hint: 'Try again in a second, with smaller bodies or fewer requests at a time.',
    headers: { 'Retry-After': '1', Connection: 'close' },
  });
}

/** Fails with 413 if the body is too large, with 503 if all bodies together are, and with 400 if it is not JSON. */
export async function readJson(request: Request, budget: BodyBudget): Promise<unknown> {
  const bytes = await readBytes(request, budget);
  if (hasMorePartsThan(partLimit, bytes)) {
    throw new HttpError(400, 'invalid_input', `The body contains more than ${partLimit} values`, {
      hint: 'Split it into several requests.',
      rpcCode: -32600,
    });
  }
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message =
      text === '' ? 'The body is empty' : `The body is not valid JSON (${reasonOf(cause).split(', ')[0]})`;
    throw new HttpError(400, 'invalid_input', message, { rpcCode: -32700, cause });
  }
}

/**
 * Copies chunks into one buffer, because keeping chunks of a single byte would take a hundred times the memory. Reserves
 * memory only for bytes that have arrived: a Content-Length costs a client nothing.
 */
async function readBytes(request: Request, budget: BodyBudget): Promise<Buffer> {
  if (request.body === null) return Buffer.alloc(0);
  const reader = request.body.getReader();
  let buffer = Buffer.alloc(0);
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return buffer.subarray(0, length);
      const needed = length + value.byteLength;
      if (needed > bodyLimit) throw bodyTooLarge();
      if (needed > buffer.length) {
        const capacity = Math.min(bodyLimit, Math.max(firstCapacity, 2 * buffer.length, needed));
        if (!budget.reserve(capacity - buffer.length)) throw tooManyInFlight();
        const larger = Buffer.alloc(capacity);
        buffer.copy(larger, 0, 0, length);
        buffer = larger;
      }
      buffer.set(value, length);
      length = needed;
    }
  } finally {
    budget.release(buffer.length);
    reader.releaseLock();
  }
}

/** Sends `text` at once, and ends when the client has stopped sending or the discard limit is reached. */
export function createLingeringBody(text: string, request: Request): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(Buffer.from(text));
      await discardBody(request);
      controller.close();
    },
  });
}

async function discardBody(request: Request): Promise<void> {
  const reader = request.body?.getReader();
  if (reader === undefined) return;
  const deadline = setTimeout(() => void reader.cancel().catch(() => {}), discardLimit.milliseconds);
  try {
    for (let length = 0; length < discardLimit.bytes; ) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.byteLength;
    }
  } catch {
    // The client has disconnected.
  } finally {
    clearTimeout(deadline);
    reader.releaseLock();
  }
}
