/**
 * Keeps what the models of a recall benchmark have answered, by the hash of the text, in files outside the data of a
 * run: a second run, or one with another ranking, takes minutes instead of an hour. A file belongs to one vector space or
 * one reranker, so another model, prompt or chunk rule never reads it.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Embedder } from '../../src/model/embedder.ts';
import { type Models, type ModelsDeps, openModels } from '../../src/model/models.ts';
import type { Reranker } from '../../src/model/reranker.ts';

/** The models of the program, except that a text is handed to them only once. */
export function openCachedModels(deps: ModelsDeps, folder: string): Models {
  const models = openModels(deps);
  return {
    ...models,
    embedder: cacheEmbedder(models.embedder, folder),
    reranker: cacheReranker(models.reranker, folder),
  };
}

/** Exported for its test. */
export function cacheEmbedder(embedder: Embedder, folder: string): Embedder {
  const fileOf = () => openAnswers(folder, `vectors-${hashOf(embedder.space()?.id ?? '')}`);
  return {
    status: () => embedder.status(),
    space: () => embedder.space(),
    async embedQuery(text, options) {
      if (embedder.space() === undefined) return embedder.embedQuery(text, options);
      const answers = fileOf();
      const known = answers.get(hashOf('query', text));
      if (known?.[0] !== undefined) return known[0];
      const vector = await embedder.embedQuery(text, options);
      answers.put(hashOf('query', text), [vector]);
      return vector;
    },
    async embedDocument(text, options) {
      if (embedder.space() === undefined) return embedder.embedDocument(text, options);
      const answers = fileOf();
      const known = answers.get(hashOf('document', text));
      if (known !== undefined) return { vectors: known, embeddedCharacters: text.length };
      const document = await embedder.embedDocument(text, options);
      if (document.embeddedCharacters === text.length) answers.put(hashOf('document', text), document.vectors);
      return document;
    },
    embedTogether: async () => undefined,
  };
}

function cacheReranker(reranker: Reranker, folder: string): Reranker {
  return {
    languages: reranker.languages,
    status: () => reranker.status(),
    async score(query, texts, options) {
      const answers = openAnswers(folder, `rerank-${hashOf(reranker.status().model)}`);
      const missing = texts.filter((text) => answers.get(hashOf(query, text)) === undefined);
      const scores = missing.length === 0 ? [] : await reranker.score(query, missing, options);
      for (const [index, text] of missing.entries()) {
        answers.put(hashOf(query, text), [Float32Array.of(scores[index] ?? 0)]);
      }
      return texts.map((text) => answers.get(hashOf(query, text))?.[0]?.[0] ?? 0);
    },
  };
}

interface Answers {
  get(key: string): readonly Float32Array[] | undefined;
  put(key: string, vectors: readonly Float32Array[]): void;
}

const opened = new Map<string, Answers>();

/** One line per answer: the key, then each vector in base 64. A line that was cut off by a kill is not read. */
function openAnswers(folder: string, name: string): Answers {
  const file = join(folder, `${name}.txt`);
  const before = opened.get(file);
  if (before !== undefined) return before;
  mkdirSync(folder, { recursive: true });
  const known = new Map<string, readonly Float32Array[]>();
  if (existsSync(file)) {
    for (const line of readFileSync(file, 'latin1').split('\n')) {
      const [key = '', ...vectors] = line.split(' ');
      if (vectors.pop() === '.') known.set(key, vectors.map(decode));
    }
  }
  const answers: Answers = {
    get: (key) => known.get(key),
    put(key, vectors) {
      known.set(key, vectors);
      appendFileSync(file, `\n${[key, ...vectors.map(encode), '.'].join(' ')}`);
    },
  };
  opened.set(file, answers);
  return answers;
}

function encode({ buffer, byteOffset, byteLength }: Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

function decode(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  const values = new Float32Array(bytes.length / Float32Array.BYTES_PER_ELEMENT);
  new Uint8Array(values.buffer).set(bytes);
  return values;
}

function hashOf(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('base64url').slice(0, 22);
}
