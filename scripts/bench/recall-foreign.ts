/**
 * Questions for the wrong store: what a store is asked that cannot answer it, because it shares no text, no speaker and
 * no title with the store that can.
 */
import type { Language } from '../../src/core/text/language.ts';
import type { QuestionGroup, QuestionQuery, QuestionSet } from './recall-sets.ts';

export interface ForeignQuestion extends QuestionQuery {
  readonly set: string;
  /** From another group of the store's own set, which speaks of the same kind of things, or from another set. */
  readonly kind: 'another persona' | 'another set';
}

const languages: readonly Language[] = ['ja', 'en'];

/**
 * At most `most` answerable questions of each set, each put to one stranger of either language among the other sets and
 * to one of its own set, taking turns.
 */
export function foreignQuestions(sets: readonly QuestionSet[], most: number): Map<QuestionGroup, ForeignQuestion[]> {
  const groups = sets.flatMap((set) => set.groups);
  const asked = new Map<QuestionGroup, ForeignQuestion[]>(groups.map((group) => [group, []]));
  for (const set of sets) {
    for (const [turn, { query, home }] of evenly(questionsOf(set), most).entries()) {
      const strangers = groups.filter((group) => isStranger(group, home));
      const others = strangers.filter((stranger) => stranger.set !== set.name);
      const hand = (stores: readonly QuestionGroup[], kind: ForeignQuestion['kind']) => {
        const store = stores[turn % stores.length];
        if (store !== undefined) asked.get(store)?.push({ ...query, set: set.name, kind });
      };
      hand(
        strangers.filter((stranger) => stranger.set === set.name),
        'another persona',
      );
      for (const language of languages) {
        hand(
          others.filter((stranger) => stranger.language === language),
          'another set',
        );
      }
    }
  }
  return asked;
}

function questionsOf({ groups }: QuestionSet): { query: QuestionQuery; home: QuestionGroup }[] {
  return groups.flatMap((home) =>
    home.queries.filter(({ unanswerable }) => !unanswerable).map((query) => ({ query, home })),
  );
}

function evenly<Item>(items: readonly Item[], most: number): Item[] {
  const count = Math.min(most, items.length);
  return Array.from({ length: count }, (_, index) => items[Math.floor((index * items.length) / count)]).filter(
    (item) => item !== undefined,
  );
}

function isStranger({ subjects }: QuestionGroup, home: QuestionGroup): boolean {
  for (const subject of subjects) if (home.subjects.has(subject)) return false;
  return true;
}
