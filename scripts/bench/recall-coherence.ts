/**
 * What the measure of coherence says of the question sets, in their own order and in an order that says nothing: where it
 * is 0, nothing is taken from neighbours, so the ranking is that without them.
 */
import { measureCoherence } from '../../src/scoring/coherence.ts';
import { inSameSession, type WrittenMemory } from '../../src/scoring/session-window.ts';
import { type CorpusText, type QuestionSet, shuffleSets } from './recall-sets.ts';
import { table } from './report.ts';

const sampledPairs = 200;

export function renderCoherence(sets: readonly QuestionSet[]): string {
  const shuffled = shuffleSets(sets);
  const rows = sets.map(({ name, groups }, index) => [
    name,
    groups.map(({ corpus }) => coherenceOf(corpus)).join(', '),
    (shuffled[index]?.groups ?? []).map(({ corpus }) => coherenceOf(corpus)).join(', '),
  ]);
  return `How much neighbours have to do with each other, 0 to 1, per store:\n\n${table(['set', 'in its own order', 'in random order'], rows)}`;
}

/** A set without dates is written at one sitting. */
function writtenAt(corpus: readonly CorpusText[], at: number): WrittenMemory {
  return { id: at, created_at: corpus[at]?.date ?? '2026-01-01T00:00' };
}

/** Of pairs spread evenly over the texts, as a store samples them. */
function coherenceOf(corpus: readonly CorpusText[]): string {
  const count = Math.min(sampledPairs, corpus.length - 1);
  const pairs = Array.from({ length: count }, (_, index) => Math.floor((index * (corpus.length - 1)) / count))
    .filter((at) => inSameSession(writtenAt(corpus, at), writtenAt(corpus, at + 1)))
    .map((at) => [corpus[at]?.text ?? '', corpus[at + 1]?.text ?? ''] as const);
  return measureCoherence(pairs).toFixed(2);
}
