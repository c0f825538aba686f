/**
 * Answers each MCP client in a type that it can read. The SDK refuses clients that do not name both JSON and event
 * streams, so it is shown both, and a reply of the other type is rewritten.
 */
const json = 'application/json';
const eventStream = 'text/event-stream';

/** The type that a reply has to have; undefined where the client reads both, or names neither. */
export function onlyReadable(accept: string | null): typeof json | typeof eventStream | undefined {
  // Programs that say nothing, or anything, are scripts more often than readers of streams.
  if (accept === null || accept.trim() === '') return json;
  const types = accept.split(',').map((range) => range.split(';')[0]?.trim().toLowerCase() ?? '');
  if (types.includes(json)) return types.includes(eventStream) ? undefined : json;
  if (types.includes(eventStream) || types.includes('text/*')) return eventStream;
  return types.includes('*/*') || types.includes('application/*') ? json : undefined;
}

/** The request without its body, which is parsed already, naming both types. */
export function acceptingBoth(request: Request): Request {
  const headers = new Headers(request.headers);
  headers.set('accept', `${json}, ${eventStream}`);
  headers.delete('content-length');
  return new Request(request.url, { method: request.method, headers, signal: request.signal });
}

/**
 * `response` in `type`. A stream is read to its end; of its messages the replies are kept, not the notifications. The
 * replies to a batch are a list, however many there are.
 */
export async function inType(
  response: Response,
  type: typeof json | typeof eventStream,
  { batch }: { batch: boolean },
): Promise<Response> {
  const given = response.headers.get('content-type')?.split(';')[0];
  const convertible = given === json || given === eventStream;
  if (!convertible || given === type || !response.ok) return response;
  const text = await response.text();
  const headers = new Headers(response.headers);
  headers.set('content-type', type);
  headers.delete('content-length');
  const body = type === json ? repliesOf(text, batch) : `event: message\ndata: ${text}\n\n`;
  return new Response(body, { status: response.status, headers });
}

function repliesOf(stream: string, batch: boolean): string {
  const messages = stream
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).trim())
    .filter((line) => line !== '' && !('method' in JSON.parse(line)));
  return !batch && messages.length === 1 ? (messages[0] ?? '') : `[${messages.join(',')}]`;
}
