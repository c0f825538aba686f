/**
 * Splits the bytes of a connection into lines, one message per line. A line over the limit is skipped. Its request id is
 * read from the beginning or the end of the line.
 */

export interface MessageLinesOptions {
  /** Maximum length of a line in bytes, without the newline. */
  readonly limit: number;
  /** Called with a whole line, including its newline if it has one. */
  readonly onLine: (line: Buffer) => void;
  /** Called once, as soon as a line exceeds the limit. */
  readonly onTooLong: () => void;
  /** Called at the end of a skipped line. `id` is its request id, or `null` if it cannot be read. */
  readonly onSkipped: (id: string | number | null) => void;
}

const newline = 0x0a;
/** Enough for the properties of a request before and after its parameters. */
const edgeBytes = 1_024;

export function createMessageLines({ limit, onLine, onTooLong, onSkipped }: MessageLinesOptions) {
  let pieces: Buffer[] = [];
  let length = 0;
  /** The first and the last bytes of the line that is being skipped. */
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
    /** Call it when the connection has ended. The last line may lack its newline. */
    end(): void {
      if (skipped !== undefined || length > 0) finish(Buffer.alloc(0));
    },
  };
}

function lastBytes(bytes: Buffer): Buffer {
  return bytes.subarray(Math.max(0, bytes.length - edgeBytes));
}

const idMember = String.raw`"id"\s*:\s*(-?\d{1,15}|"(?:[^"\\]|\\.){0,200}")`;
const versionMember = String.raw`"jsonrpc"\s*:\s*"2\.0"`;
/** Clients put the id either before the method and its parameters or after them. */
const idFirst = new RegExp(String.raw`^\s*\{\s*(?:${versionMember}\s*,\s*)?${idMember}\s*,`);
const idLast = new RegExp(String.raw`,\s*${idMember}\s*(?:,\s*${versionMember}\s*)?\}\s*$`);

/** The id of a request. A response also has an id, but it belongs to a request of the server. */
function requestId(head: string, tail: string): string | number | null {
  if (!/"method"\s*:/.test(head)) return null;
  const text = (idFirst.exec(head) ?? idLast.exec(tail))?.[1];
  if (text === undefined) return null;
  try {
    const id: unknown = JSON.parse(text);
    return typeof id === 'string' || typeof id === 'number' ? id : null;
  } catch {
    // Not a valid JSON string.
    return null;
  }
}
