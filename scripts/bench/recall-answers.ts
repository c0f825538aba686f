/**
 * What one model, or words alone, found in every store of some question sets: each store is filled once and asked its
 * own questions and those of strangers, under one ranking or several.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as z from 'zod';
import type { Language } from '../../src/core/text/language.ts';
import { dayLength } from '../../src/core/time/durations.ts';
import { type ModelQuality, nearness } from '../../src/scoring/model-quality.ts';
import { type RankingParameters, rankingParameters } from '../../src/scoring/ranking-parameters.ts';
import { type ForeignQuestion, foreignQuestions } from './recall-foreign.ts';
import type { QuestionGroup, QuestionQuery, QuestionSet } from './recall-sets.ts';
import { type Asked, type FoundHit, openRecallStores, type RecallMode, type RecallStore } from './recall-store.ts';

export interface Run {
  readonly label: string;
  readonly model: string;
  readonly reranker: string;
  /** The last is the one that is used, and the one in which strangers ask. */
  readonly modes: readonly RecallMode[];
}

/** Whether the store that was asked can answer, and if not, whose question it was. */
export type QuestionKind = 'answerable' | 'unanswerable' | ForeignQuestion['kind'];

export interface Answer extends Omit<Asked, 'hits'> {
  /** The set of the question. */
  readonly set: string;
  readonly kind: QuestionKind;
  readonly mode: RecallMode;
  /** Of the question and of the store that was asked. */
  readonly languages: `${Language}-${Language}`;
  readonly reported: boolean;
  /** Whether the model has a scale for these languages. */
  readonly measured: boolean;
  /** Nearness of the nearest hit that can be judged. */
  readonly nearest: number | undefined;
  /** The answer is `none` for every limit above this; undefined where no limit makes it so. */
  readonly noneAbove: number | undefined;
}

/** At most so many questions of each set are put to strangers of one kind. */
const mostForeign = 100;

export interface AskOptions {
  readonly modes: readonly RecallMode[];
  /** Also what the stores cannot answer: questions without an answer, and those of strangers. */
  readonly strangers: boolean;
  /** Constants of the ranking that differ from the program's. */
  readonly ranking?: Partial<RankingParameters>;
  /** Ask each store on the day after its last dated memory, and not today. */
  readonly askedThen?: boolean;
}

export interface FilledStores {
  ask(options: AskOptions): Promise<Answer[]>;
  close(): Promise<void>;
}

export interface FillOptions {
  /** The most questions asked of one store. */
  readonly limit: number;
  /** Where the models' answers are kept. */
  readonly answers: string;
  /** Where the stores are filled. */
  readonly folder: string;
  /** Leaves the filled stores there, and takes those that are there already. */
  readonly keep: boolean;
  /** Variables of the environment. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Fills a store for every group of the sets. */
export async function fillStores(
  { label, model, reranker }: Pick<Run, 'label' | 'model' | 'reranker'>,
  sets: readonly QuestionSet[],
  { limit, answers: known, folder: parent, keep, settings = {} }: FillOptions,
): Promise<FilledStores> {
  const groups = sets.flatMap((set) => set.groups);
  const folder = join(parent, `recall-store-${keep ? `${basename(model)}-${fingerprint(groups)}` : process.pid}`);
  const index = join(folder, 'keys.json');
  const kept = keep && existsSync(index) ? keptKeys.parse(JSON.parse(readFileSync(index, 'utf8'))) : undefined;
  if (kept === undefined) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const stores = await openRecallStores({ folder, model, reranker, answers: known, settings });
  const foreign = foreignQuestions(sets, Math.min(limit, mostForeign));
  const filled: { group: QuestionGroup; store: RecallStore; scale: ModelQuality | undefined }[] = [];
  for (const [number, group] of groups.entries()) {
    const store = stores.open(`store-${number}`);
    if (kept === undefined) {
      console.error(`${label}: ${group.set} ${group.name}: ${group.corpus.length} memories`);
      await store.add(group.corpus);
    }
    store.know(kept?.[number] ?? []);
    await store.warm();
    filled.push({ group, store, scale: await store.scale() });
  }
  if (keep) writeFileSync(index, JSON.stringify(filled.map(({ store }) => store.keys())));

  return {
    async ask({ modes, strangers, ranking = {}, askedThen = false }) {
      stores.setRanking(ranking);
      const answers: Answer[] = [];
      for (const { group, store, scale } of filled) {
        if (askedThen) stores.setNow(dayAfter(group));
        const ask = async (query: QuestionQuery, mode: RecallMode, set: string, kind: QuestionKind) => {
          const { hits, ...asked } = await store.ask(query, mode);
          answers.push({
            ...asked,
            set,
            kind,
            mode,
            languages: `${query.language}-${group.language}`,
            reported: query.reported,
            measured: nearness(scale, 0, query.language, group.language) !== undefined,
            ...nearnesses(hits, query.language, scale),
          });
        };
        for (const query of group.queries.slice(0, limit)) {
          if (query.unanswerable && !strangers) continue;
          for (const mode of modes)
            await ask(query, mode, group.set, query.unanswerable ? 'unanswerable' : 'answerable');
        }
        const mode = modes.at(-1);
        if (mode === undefined || !strangers) continue;
        for (const query of foreign.get(group) ?? []) await ask(query, mode, query.set, query.kind);
      }
      return answers;
    },
    async close() {
      await stores.close();
      if (!keep) rmSync(folder, { recursive: true, force: true });
    },
  };
}

const keptKeys = z.array(
  z.array(z.tuple([z.string(), z.object({ ids: z.array(z.string()), language: z.enum(['ja', 'en']) })])),
);

function dayAfter({ corpus }: QuestionGroup): Date | undefined {
  const last = Math.max(...corpus.flatMap(({ date }) => (date === undefined ? [] : [Date.parse(date)])));
  return Number.isFinite(last) ? new Date(last + dayLength) : undefined;
}

function fingerprint(groups: readonly QuestionGroup[]): string {
  const hash = createHash('sha256');
  for (const { set, name, corpus } of groups) hash.update(JSON.stringify([set, name, corpus]));
  return hash.digest('hex').slice(0, 12);
}

function nearnesses(
  hits: readonly FoundHit[],
  asked: Language,
  scale: ModelQuality | undefined,
): Pick<Answer, 'nearest' | 'noneAbove'> {
  const near = hits.map(({ cosine, language }) =>
    cosine === undefined ? undefined : nearness(scale, cosine, asked, language),
  );
  const known = near.filter((value) => value !== undefined);
  const nearest = known.length === 0 ? undefined : Math.max(...known);
  const open =
    known.length < near.length || hits.some(({ coverage }) => coverage >= rankingParameters.fixed.tellingCoverage);
  return { nearest, noneAbove: open ? undefined : (nearest ?? Number.NEGATIVE_INFINITY) };
}
