/**
 * What one model, or words alone, found in every store of some question sets: each store is filled once and asked its
 * own questions and those of strangers.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Language } from '../../src/core/text/language.ts';
import { type ModelQuality, nearness } from '../../src/scoring/model-quality.ts';
import { tellingCoverage } from '../../src/scoring/strength.ts';
import { benchFolder } from './contestants.ts';
import { type ForeignQuestion, foreignQuestions } from './recall-foreign.ts';
import type { QuestionGroup, QuestionQuery, QuestionSet } from './recall-sets.ts';
import { type Asked, type FoundHit, openRecallStore, type RecallMode } from './recall-store.ts';

export interface Run {
  readonly label: string;
  readonly model: string;
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

export async function collectAnswers(
  run: Run,
  sets: readonly QuestionSet[],
  { limit }: { limit: number },
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const foreign = foreignQuestions(sets, Math.min(limit, mostForeign));
  for (const group of sets.flatMap(({ groups }) => groups)) {
    const strangers = foreign.get(group) ?? [];
    const own = group.queries.slice(0, limit);
    console.error(
      `${run.label}: ${group.set} ${group.name}: ${group.corpus.length} memories, ${own.length} + ${strangers.length} questions`,
    );
    answers.push(...(await askGroup(run, group, own, strangers)));
  }
  return answers;
}

async function askGroup(
  { model, modes }: Run,
  group: QuestionGroup,
  own: readonly QuestionQuery[],
  strangers: readonly ForeignQuestion[],
): Promise<Answer[]> {
  const folder = join(benchFolder, 'recall-store');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const store = await openRecallStore({ folder, model });
  try {
    await store.add(group.corpus);
    const scale = await store.scale();
    const answers: Answer[] = [];
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
    for (const query of own) {
      for (const mode of modes) await ask(query, mode, group.set, query.unanswerable ? 'unanswerable' : 'answerable');
    }
    const mode = modes.at(-1);
    if (mode !== undefined) for (const query of strangers) await ask(query, mode, query.set, query.kind);
    return answers;
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
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
  const open = known.length < near.length || hits.some(({ coverage }) => coverage >= tellingCoverage);
  return { nearest, noneAbove: open ? undefined : (nearest ?? Number.NEGATIVE_INFINITY) };
}
