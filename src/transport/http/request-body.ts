/**
 * The body of a request, read up to a limit whatever its length was announced to be, and parsed. A client that sends
 * more gets its answer while the rest is read and thrown away for a moment: closing at once would lose the answer.
 */
import { reasonOf } from '../../core/errors.ts';
import { type BodyBudget, inFlightBodiesLimit } from './body-budget.ts';
import { HttpError } from './http-error.ts';
import { hasMorePartsThan } from './json-parts.ts';

export const bodyLimit = 4 * 1024 * 1024;

/** Values in one body. A batch of a hundred calls stays far below. */
const partLimit = 20_000;

/** The first piece of memory for a body; each further one doubles it. */
const firstCapacity = 16 * 1024;

/** How much of what nobody wants is read before the connection is closed, and for how long. */
const discardLimit = { bytes: 32 * 1024 * 1024, milliseconds: 1_000 };

export function bodyTooLarge(): HttpError {
  return new HttpError(413, 'invalid_input', `The body is larger than ${bodyLimit} bytes`, {
    hint: 'Split it: one memory holds at most 100,000 characters.',
    headers: { Connection: 'close' },
  });
}

function tooManyUnfinished(): HttpError {
  const mebibytes = inFlightBodiesLimit / 1024 / 1024;
  return new HttpError(503, 'busy', `The requests that are still arriving take ${mebibytes} MiB already`, {
    hint: 'Try again in a second, with smaller bodies or fewer at a time.',
    headers: { 'Retry-After': '1', Connection: 'close' },
  });
}

/** The JSON value in the body. Too much is 413, too much of all together 503, anything else than JSON 400. */
export async function readJson(request: Request, budget: BodyBudget): Promise<unknown> {
  const bytes = await readBytes(request, budget);
  if (hasMorePartsThan(partLimit, bytes)) {
    throw new HttpError(400, 'invalid_input', `The body holds more than ${partLimit} values`, {
      hint: 'Split it into several requests.',
      rpcCode: -32600,
    });
  }
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = text === '' ? 'The body is empty' : `The body is not JSON (${reasonOf(cause).split(', ')[0]})`;
    throw new HttpError(400, 'invalid_input', message, { rpcCode: -32700, cause });
  }
}

/**
 * Copies what arrives into one buffer: kept chunks of a byte each would take a hundred times what they hold. Only what
 * has arrived is counted, since announcing costs a client nothing.
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
        if (!budget.take(capacity - buffer.length)) throw tooManyUnfinished();
        const larger = Buffer.alloc(capacity);
        buffer.copy(larger, 0, 0, length);
        buffer = larger;
      }
      buffer.set(value, length);
      length = needed;
    }
  } finally {
    budget.give(buffer.length);
    reader.releaseLock();
  }
}

/** Sends `text` at once and ends only when the client has stopped sending or the patience is over. */
export function lingeringBody(text: string, request: Request): ReadableStream<Uint8Array> {
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
    // The client is gone, and with it the need to be polite.
  } finally {
    clearTimeout(deadline);
    reader.releaseLock();
  }
}
