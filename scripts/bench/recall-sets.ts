/**
 * Question sets for the recall benchmark: a folder per set with `dev/corpus.jsonl` and `dev/queries.jsonl`, as public
 * retrieval sets come. A group is a store of its own; a question is asked only in its group.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { type Language, languageOf } from '../../src/core/text/language.ts';

const corpusEntry = z.object({
  id: z.string(),
  text: z.string(),
  group: z.string().nullish(),
  meta: z
    .object({ speaker: z.string().optional(), title: z.string().optional(), date: z.string().optional() })
    .optional(),
});
const queryEntry = z.object({
  id: z.string(),
  text: z.string(),
  group: z.string().nullish(),
  relevant: z.array(z.string()),
  flag: z.string().nullish(),
});

export interface QuestionQuery {
  readonly id: string;
  readonly text: string;
  readonly language: Language;
  readonly relevant: readonly string[];
  /** True where nothing in the store answers it. */
  readonly unanswerable: boolean;
  /** Parameters may be chosen on the one half; the other tells what they are worth. */
  readonly reported: boolean;
}

export interface CorpusText {
  readonly id: string;
  readonly text: string;
  /** When it was said, in local time, where the set knows. */
  readonly date: string | undefined;
}

/** One store and what is asked of it. */
export interface QuestionGroup {
  readonly name: string;
  readonly set: string;
  /** Of most of its texts. */
  readonly language: Language;
  /** Its texts, who speaks in them and what they are about: stores that share nothing of it are strangers. */
  readonly subjects: ReadonlySet<string>;
  readonly corpus: readonly CorpusText[];
  readonly queries: readonly QuestionQuery[];
}

export interface QuestionSet {
  readonly name: string;
  readonly groups: readonly QuestionGroup[];
}

/** The same sets with the memories of each store in an order that says nothing, the same in every run. */
export function shuffleSets(sets: readonly QuestionSet[]): QuestionSet[] {
  return sets.map(({ name, groups }) => ({
    name,
    groups: groups.map((group) => ({
      ...group,
      corpus: group.corpus.toSorted((one, other) => hashOf(one.id) - hashOf(other.id)),
    })),
  }));
}

/** The same sets with every `length` memories of a store in one, a paragraph each. */
export function joinTexts(sets: readonly QuestionSet[], length: number): QuestionSet[] {
  return sets.map(({ name, groups }) => ({ name, groups: groups.map((group) => joinGroup(group, length)) }));
}

function joinGroup(group: QuestionGroup, length: number): QuestionGroup {
  const joined = Array.from({ length: Math.ceil(group.corpus.length / length) }, (_, index) =>
    group.corpus.slice(index * length, (index + 1) * length),
  );
  const home = new Map(joined.flatMap((texts, index) => texts.map(({ id }) => [id, `joined-${index}`] as const)));
  return {
    ...group,
    corpus: joined.map((texts, index) => ({
      id: `joined-${index}`,
      text: texts.map(({ text }) => text).join('\n\n'),
      date: undefined,
    })),
    queries: group.queries.map((query) => ({
      ...query,
      relevant: [...new Set(query.relevant.flatMap((id) => home.get(id) ?? []))],
    })),
  };
}

export function loadQuestionSets(folder: string, only?: readonly string[]): QuestionSet[] {
  return readdirSync(folder)
    .filter(
      (name) => existsSync(join(folder, name, 'dev', 'queries.jsonl')) && (only === undefined || only.includes(name)),
    )
    .sort()
    .map((name) => ({ name, groups: groupsOf(name, join(folder, name, 'dev')) }));
}

function groupsOf(set: string, folder: string): QuestionGroup[] {
  const corpus = readLines(join(folder, 'corpus.jsonl'), corpusEntry);
  const queries = readLines(join(folder, 'queries.jsonl'), queryEntry);
  const names = [...new Set(corpus.map(({ group }) => group ?? ''))];
  return names.map((name) => ({
    name,
    set,
    ...described(corpus.filter(({ group }) => (group ?? '') === name)),
    queries: queries
      .filter(({ group }) => (group ?? '') === name)
      .map(({ id, text, relevant, flag }) => ({
        id,
        text,
        language: languageOf(text),
        relevant,
        unanswerable: flag != null,
        reported: hashOf(id) % 2 === 1,
      })),
  }));
}

function described(corpus: readonly z.output<typeof corpusEntry>[]) {
  const japanese = corpus.filter(({ text }) => languageOf(text) === 'ja').length;
  const language: Language = 2 * japanese >= corpus.length ? 'ja' : 'en';
  const subjects = corpus.flatMap(({ text, meta }) => [text, meta?.speaker, meta?.title]);
  return {
    corpus: corpus.map(({ id, text, meta }) => ({ id, text, date: meta?.date })),
    language,
    subjects: new Set(subjects.filter((subject) => subject !== undefined)),
  };
}

function readLines<Schema extends z.ZodType>(file: string, schema: Schema): z.output<Schema>[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => schema.parse(JSON.parse(line)));
}

/** FNV-1a with a last mix; halves the questions as they were halved when parameters were chosen. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  return (hash ^ (hash >>> 12)) >>> 0;
}
