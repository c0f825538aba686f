/**
 * The body of a request, read up to a limit whatever its length was announced to be, and parsed. A client that sends
 * more gets its answer while the rest is read and thrown away for a moment: closing at once would lose the answer.
 */
import { reasonOf } from '../../core/errors.ts';
import { HttpError } from './http-error.ts';

export const bodyLimit = 4 * 1024 * 1024;

/** How much of what nobody wants is read before the connection is closed, and for how long. */
const discardLimit = { bytes: 32 * 1024 * 1024, milliseconds: 1_000 };

export function bodyTooLarge(): HttpError {
  return new HttpError(413, 'invalid_input', `The body is larger than ${bodyLimit} bytes`, {
    hint: 'Split it: one memory holds at most 100,000 characters.',
    headers: { Connection: 'close' },
  });
}

/** The JSON value in the body. Too much is 413, anything else than JSON 400. */
export async function readJson(request: Request): Promise<unknown> {
  const text = await readText(request);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = text === '' ? 'The body is empty' : `The body is not JSON (${reasonOf(cause).split(', ')[0]})`;
    throw new HttpError(400, 'invalid_input', message, { rpcCode: -32700, cause });
  }
}

async function readText(request: Request): Promise<string> {
  if (request.body === null) return '';
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return Buffer.concat(chunks).toString('utf8');
      length += value.byteLength;
      if (length > bodyLimit) throw bodyTooLarge();
      chunks.push(value);
    }
  } finally {
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
