/**
 * Cuts the bytes of a connection into lines, one message each. A line that is too long is not kept: it is passed over
 * up to its end, and the beginning and the end of it say which request it was.
 */

export interface MessageLinesOptions {
  /** Bytes of the longest line that is handed on, without its end. */
  readonly limit: number;
  /** A whole line with its end. */
  readonly onLine: (line: Buffer) => void;
  /** A line goes beyond the limit; told once, while it is still arriving. */
  readonly onTooLong: () => void;
  /** It is over. `id` is the request that it was, as far as can be seen; else `null`. */
  readonly onSkipped: (id: string | number | null) => void;
}

const newline = 0x0a;
/** Enough for the members around the parameters of a request. */
const edgeBytes = 1_024;

export function createMessageLines({ limit, onLine, onTooLong, onSkipped }: MessageLinesOptions) {
  let pieces: Buffer[] = [];
  let length = 0;
  /** The first and the latest bytes of a line that is passed over. */
  let skipped: { head: Buffer; tail: Buffer } | undefined;

  function add(piece: Buffer): void {
    if (skipped !== undefined) {
      skipped.tail = lastBytes(Buffer.concat([skipped.tail, lastBytes(piece)]));
      return;
    }
    pieces.push(piece);
    length += piece.length;
    if (length <= limit) return;
    const line = Buffer.concat(pieces);
    skipped = { head: Buffer.from(line.subarray(0, edgeBytes)), tail: Buffer.from(lastBytes(line)) };
    pieces = [];
    onTooLong();
  }

  function finish(end: Buffer): void {
    if (skipped === undefined) onLine(Buffer.concat([...pieces, end]));
    else onSkipped(requestId(skipped.head.toString(), skipped.tail.toString()));
    pieces = [];
    length = 0;
    skipped = undefined;
  }

  return {
    take(chunk: Buffer): void {
      let from = 0;
      for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
        add(chunk.subarray(from, at));
        finish(chunk.subarray(at, at + 1));
        from = at + 1;
      }
      if (from < chunk.length) add(chunk.subarray(from));
    },
    /** The connection has ended. Half a line is no message. */
    end(): void {
      if (skipped !== undefined) finish(Buffer.alloc(0));
    },
  };
}

function lastBytes(bytes: Buffer): Buffer {
  return bytes.subarray(Math.max(0, bytes.length - edgeBytes));
}

const idMember = String.raw`"id"\s*:\s*(-?\d{1,15}|"(?:[^"\\]|\\.){0,200}")`;
const versionMember = String.raw`"jsonrpc"\s*:\s*"2\.0"`;
/** Clients write the id before the method and its parameters, or after them. */
const idFirst = new RegExp(String.raw`^\s*\{\s*(?:${versionMember}\s*,\s*)?${idMember}\s*,`);
const idLast = new RegExp(String.raw`,\s*${idMember}\s*(?:,\s*${versionMember}\s*)?\}\s*$`);

/** A response has an id, too, but it is one of ours. */
function requestId(head: string, tail: string): string | number | null {
  if (!/"method"\s*:/.test(head)) return null;
  const text = (idFirst.exec(head) ?? idLast.exec(tail))?.[1];
  if (text === undefined) return null;
  try {
    const id: unknown = JSON.parse(text);
    return typeof id === 'string' || typeof id === 'number' ? id : null;
  } catch {
    // Not the JSON of a text, so no id that the client could know again.
    return null;
  }
}
