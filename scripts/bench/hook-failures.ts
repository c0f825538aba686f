/** What failed commands get: from a store that holds what was learned about them, and from one that does not. */
import { failureText } from '../../src/hook/failure-text.ts';
import { findByWords, partsOf, sortFound } from '../../src/hook/relevant-memories.ts';
import { type FailedCommand, failedCommands } from './failed-commands.ts';
import { fillStore } from './hook-store.ts';
import { shown, table } from './report.ts';

interface Counts {
  own: number;
  given: number;
  answered: number;
  foreign: number;
  wrong: number;
}

export async function measureFailures(): Promise<string> {
  const halves = { 'chosen on': noCounts(), reported: noCounts() };
  const sides = [0, 1].map((side) => failedCommands.filter((_, at) => at % 2 === side));
  for (const notes of sides) {
    const { store, idsOf } = await fillStore(notes.map(({ learned }) => ({ id: learned, text: learned })));
    for (const [at, failed] of failedCommands.entries()) {
      const found = sortFound(
        store,
        { words: findByWords(store, partsOf(failureText(failed)), 'failure'), meaning: new Map() },
        { allowed: () => true, projectTag: undefined },
      ).filter(({ relevant }) => relevant);
      const keys = found.slice(0, 3).flatMap(({ memory }) => idsOf.get(memory.id) ?? []);
      count(halves[at % 4 < 2 ? 'chosen on' : 'reported'], { failed, own: notes.includes(failed), keys });
    }
    await store.close();
  }
  return table(
    [
      'half',
      'failures',
      'got something, %',
      'got the answer, %',
      'never a subject',
      'got something, %',
      'precision, %',
    ],
    Object.entries(halves).map(([half, { own, given, answered, foreign, wrong }]) => [
      half,
      `${own}`,
      percent(given, own),
      percent(answered, own),
      `${foreign}`,
      percent(wrong, foreign),
      percent(given / own, given / own + wrong / foreign),
    ]),
  );
}

const noCounts = (): Counts => ({ own: 0, given: 0, answered: 0, foreign: 0, wrong: 0 });

function count(
  counts: Counts,
  { failed, own, keys }: { failed: FailedCommand; own: boolean; keys: readonly string[] },
) {
  if (own) {
    counts.own += 1;
    counts.given += Number(keys.length > 0);
    counts.answered += Number(keys.includes(failed.learned));
  } else {
    counts.foreign += 1;
    counts.wrong += Number(keys.length > 0);
  }
}

const percent = (part: number, whole: number): string => shown(whole === 0 ? undefined : (100 * part) / whole, 1);
