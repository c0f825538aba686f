/**
 * Replies to each MCP client in a content type that it accepts. The SDK refuses clients that do not accept both JSON and
 * event streams, so it is told that they accept both, and the reply is converted if necessary.
 */
const json = 'application/json';
const eventStream = 'text/event-stream';

/** The content type to reply with; undefined if the client accepts both or neither. */
export function chooseReplyType(accept: string | null): typeof json | typeof eventStream | undefined {
  // Clients without an Accept header are usually scripts, which expect JSON.
  if (accept === null || accept.trim() === '') return json;
  const types = accept.split(',').map((range) => range.split(';')[0]?.trim().toLowerCase() ?? '');
  if (types.includes(json)) return types.includes(eventStream) ? undefined : json;
  if (types.includes(eventStream) || types.includes('text/*')) return eventStream;
  return types.includes('*/*') || types.includes('application/*') ? json : undefined;
}

/**
 * The request with an Accept header for both types, without its body, which has already been parsed. It has the very
 * signal of `request`: one that is derived from it falls silent when the garbage collector takes the new request.
 */
export function acceptBothTypes(request: Request): Request {
  const headers = new Headers(request.headers);
  headers.set('accept', `${json}, ${eventStream}`);
  headers.delete('content-length');
  return Object.defineProperty(new Request(request.url, { method: request.method, headers }), 'signal', {
    value: request.signal,
  });
}

/**
 * Converts a response to `type`. A stream is read to its end; its replies are kept and its notifications dropped. The
 * replies to a batch are always a list.
 */
export async function convertReply(
  response: Response,
  type: typeof json | typeof eventStream,
  { batch }: { batch: boolean },
): Promise<Response> {
  const current = response.headers.get('content-type')?.split(';')[0];
  const isConvertible = current === json || current === eventStream;
  if (!isConvertible || current === type || !response.ok) return response;
  const text = await response.text();
  const headers = new Headers(response.headers);
  headers.set('content-type', type);
  headers.delete('content-length');
  const body = type === json ? extractReplies(text, batch) : `event: message\ndata: ${text}\n\n`;
  return new Response(body, { status: response.status, headers });
}

function extractReplies(stream: string, batch: boolean): string {
  const messages = stream
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).trim())
    .filter((line) => line !== '' && !('method' in JSON.parse(line)));
  return !batch && messages.length === 1 ? (messages[0] ?? '') : `[${messages.join(',')}]`;
}
