/**
 * Makes sure that a document is UTF-8. UTF-16 with a byte order mark, which Windows programs write, is converted. Any
 * other encoding is refused by its name: guessing it would store wrong letters.
 */
import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { MemoryMcpError } from '../core/errors.ts';
import { quoteForMessage } from '../core/text/visible-text.ts';
import type { Document } from './document.ts';

/** The document in chunks of valid UTF-8 without a byte order mark. No chunk ends within a character. */
export async function* utf8Chunks(document: Document): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let decoder: TextDecoder | undefined;
  let begun = false;
  for await (const bytes of document.open()) {
    let chunk: Buffer = Buffer.concat([rest, bytes]);
    rest = Buffer.alloc(0);
    if (!begun) {
      if (chunk.length < 4) {
        rest = chunk;
        continue;
      }
      begun = true;
      ({ decoder, chunk } = begin(document, chunk));
    }
    if (decoder === undefined) {
      const end = completeLength(chunk);
      rest = chunk.subarray(end);
      chunk = requireUtf8(document, chunk.subarray(0, end));
    } else chunk = convert(document, decoder, chunk, true);
    if (chunk.length > 0) yield chunk;
  }
  const last = decoder === undefined ? requireUtf8(document, rest) : convert(document, decoder, rest, false);
  if (last.length > 0) yield last;
}

/** Reads the byte order mark. */
function begin(document: Document, chunk: Buffer): { decoder?: TextDecoder; chunk: Buffer } {
  const starts = (...mark: number[]) => mark.every((byte, at) => chunk[at] === byte);
  if (starts(0xef, 0xbb, 0xbf)) return { chunk: chunk.subarray(3) };
  if (starts(0xff, 0xfe, 0, 0) || starts(0, 0, 0xfe, 0xff)) throw unsuitable(document, 'UTF-32', 'UTF-32');
  if (starts(0xff, 0xfe)) return { decoder: new TextDecoder('utf-16le', { fatal: true }), chunk };
  if (starts(0xfe, 0xff)) return { decoder: new TextDecoder('utf-16be', { fatal: true }), chunk };
  const zeros = [0, 0];
  for (const [at, byte] of chunk.subarray(0, 256).entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (even + odd > Math.min(chunk.length, 256) / 4) {
    const name = odd > even ? 'UTF-16LE' : 'UTF-16BE';
    throw unsuitable(document, `${name} without a byte order mark`, name);
  }
  return { chunk };
}

function convert(document: Document, decoder: TextDecoder, chunk: Buffer, more: boolean): Buffer {
  try {
    return Buffer.from(decoder.decode(chunk, { stream: more }));
  } catch (cause) {
    throw new MemoryMcpError('corrupt', `${quoteForMessage(document.name)} is not valid UTF-16`, {
      hint: 'It is damaged. Nothing was imported.',
      cause,
    });
  }
}

/** The length without a character that is cut off at the end. */
function completeLength(chunk: Buffer): number {
  for (let back = 1; back <= Math.min(3, chunk.length); back++) {
    const byte = chunk[chunk.length - back] ?? 0;
    if (byte < 0x80) return chunk.length;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? chunk.length - back : chunk.length;
  }
  return chunk.length;
}

function requireUtf8(document: Document, chunk: Buffer): Buffer {
  if (isUtf8(chunk)) return chunk;
  // EUC-JP first: most of its texts would be valid Shift_JIS too, as half-width katakana, but not the reverse.
  const found = ['EUC-JP', 'Shift_JIS'].find((encoding) => canDecode(chunk, encoding));
  throw unsuitable(document, found ?? 'in an unknown encoding', found);
}

function canDecode(chunk: Buffer, encoding: string): boolean {
  try {
    new TextDecoder(encoding, { fatal: true }).decode(chunk, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function unsuitable(document: Document, what: string, encoding: string | undefined): MemoryMcpError {
  const from = encoding === undefined ? 'ITS-ENCODING' : encoding.toUpperCase();
  return new MemoryMcpError('invalid_input', `${quoteForMessage(document.name)} is ${what}, not UTF-8`, {
    hint: `Convert it, for example with "iconv -f ${from} -t UTF-8 OLD > NEW". Nothing was imported.`,
  });
}
