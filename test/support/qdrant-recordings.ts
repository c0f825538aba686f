/**
 * Reads requests and answers that were recorded from a Qdrant 1.19, and compares another server's answers with them. The
 * file is not part of this repository: QDRANT_RECORDINGS is its path. In the recordings, `<int>` and the like stand for
 * what varies; the text of an error need only begin as `error_prefix` says; what `optional` names may be missing; lists
 * that `unordered` or `subset` name are sets.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LongNumber, parseLossless } from '../../src/vector/qdrant/lossless-json.ts';
import { repositoryRoot } from './surroundings.ts';

const paths = z.array(z.string()).default([]);
const recording = z.object({
  case: z.string(),
  /** Of a server with two API keys. */
  server: z.literal('keyed').optional(),
  /** The answer comes after a while. */
  eventually: z.boolean().default(false),
  error_prefix: z.string().optional(),
  optional: paths,
  unordered: paths,
  subset: paths,
  request: z.object({
    method: z.string(),
    path: z.string(),
    headers: z.record(z.string(), z.string().nullable()).default({}),
    body: z.unknown().optional(),
    text: z.string().optional(),
    fill: z.object({ prefix: z.string(), repeat: z.string(), suffix: z.string(), length: z.number() }).optional(),
  }),
  response: z.object({ status: z.number(), headers: z.record(z.string(), z.string()), body: z.unknown() }),
});
const head = z.object({ keyed: z.object({ api_key: z.string(), read_only_api_key: z.string() }) });

export type Recording = z.output<typeof recording>;

const file = process.env.QDRANT_RECORDINGS ?? join(repositoryRoot, '../shared/data/qdrant-transcript.jsonl');

export const missingRecordings = existsSync(file) ? undefined : 'QDRANT_RECORDINGS is not the path of recorded answers';

export function readRecordings(): { keys: z.output<typeof head>['keyed']; recordings: Recording[] } {
  const text = readFileSync(file, 'utf8');
  const [first, ...lines] = text.split('\n').filter(Boolean).map(parseLossless);
  return { keys: head.parse(first).keyed, recordings: lines.map((line) => recording.parse(line)) };
}

/** How the answer of the server differs from the recorded one, a line for each difference. */
export async function compareWithRecording(url: string, asked: Recording): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const found = await compareOnce(url, asked);
    if (found.length === 0 || !asked.eventually || tries >= 20) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function compareOnce(url: string, asked: Recording): Promise<string[]> {
  const { method, path, headers } = asked.request;
  const body = bodyOf(asked.request);
  const given = Object.entries({ ...(body !== undefined && { 'content-type': 'application/json' }), ...headers });
  const response = await fetch(`${url}${path}`, {
    method,
    // A null takes a header away. fetch would write one of its own for a text, and none for bytes.
    headers: given.flatMap(([name, value]): [string, string][] => (value === null ? [] : [[name, value]])),
    ...(body !== undefined && { body: Buffer.from(body) }),
  });
  const text = await response.text();
  const { status, headers: expected, body: expectedBody } = asked.response;
  const type = (value: string | null | undefined) => (value ?? '').split(';')[0];
  const lines: string[] = [];
  if (response.status !== status) lines.push(`status ${response.status} instead of ${status}`);
  if (type(response.headers.get('content-type')) !== type(expected['content-type'])) lines.push('another content type');
  const isJson = type(response.headers.get('content-type')) === 'application/json';
  return [...lines, ...differences(expectedBody, isJson ? parseLossless(text) : text, asked, '')];
}

function bodyOf({ body, text, fill }: Recording['request']): string | undefined {
  if (fill !== undefined) {
    const { prefix, repeat, suffix, length } = fill;
    return `${prefix}${repeat.repeat(length - prefix.length - suffix.length)}${suffix}`;
  }
  return text ?? (body === undefined ? undefined : print(body));
}

/** JSON with long numbers as they were. */
function print(value: unknown): string {
  const marked = JSON.stringify(value, (_, it: unknown) => (it instanceof LongNumber ? `\u0000${it.digits}` : it));
  return marked.replace(/"\\u0000(-?\d+)"/g, '$1');
}

const isWhole = (it: unknown) => it instanceof LongNumber || (Number.isInteger(it) && Number(it) >= 0);
const placeholders: Readonly<Record<string, (it: unknown) => boolean>> = {
  '<time>': (it) => typeof it === 'number',
  '<int>': isWhole,
  '<bool>': (it) => typeof it === 'boolean',
  '<text>': (it) => typeof it === 'string',
  '<any>': () => true,
};

function differences(wanted: unknown, got: unknown, rules: Recording, path: string): string[] {
  const differs = [`${path || 'body'}: ${shorten(got)} instead of ${shorten(wanted)}`];
  const placeholder = typeof wanted === 'string' ? placeholders[wanted] : undefined;
  if (placeholder !== undefined) return placeholder(got) ? [] : differs;
  if (Array.isArray(wanted)) {
    if (!Array.isArray(got)) return differs;
    const at = path === '' ? '*' : `${path}.*`;
    if (!rules.subset.includes(path) && !rules.unordered.includes(path)) {
      if (wanted.length !== got.length) return differs;
      return wanted.flatMap((item, index) => differences(item, got[index], rules, at));
    }
    const rest = [...got];
    const lost = wanted.filter((item) => {
      const index = rest.findIndex((other) => differences(item, other, rules, at).length === 0);
      if (index >= 0) rest.splice(index, 1);
      return index < 0;
    });
    return lost.length > 0 || (!rules.subset.includes(path) && rest.length > 0) ? differs : [];
  }
  if (typeof wanted === 'object' && wanted !== null && !(wanted instanceof LongNumber)) {
    if (typeof got !== 'object' || got === null) return differs;
    const [left, right] = [
      new Map<string, unknown>(Object.entries(wanted)),
      new Map<string, unknown>(Object.entries(got)),
    ];
    return [...new Set([...left.keys(), ...right.keys()])].flatMap((key) => {
      const at = path === '' ? key : `${path}.${key}`;
      if (rules.optional.includes(at) && !(left.has(key) && right.has(key))) return [];
      return differences(left.get(key), right.get(key), rules, at);
    });
  }
  if (typeof wanted === 'number' && typeof got === 'number') {
    const isSame = wanted === got || (!Number.isInteger(wanted) && Math.abs(wanted - got) <= 1e-5);
    return isSame ? [] : differs;
  }
  if (path === 'status.error' && rules.error_prefix !== undefined) {
    return typeof got === 'string' && got.startsWith(rules.error_prefix) ? [] : differs;
  }
  return print(wanted ?? null) === print(got ?? null) ? [] : differs;
}

function shorten(value: unknown): string {
  const text = value === undefined ? 'nothing' : print(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
