/**
 * Whether memories written one after the other have to do with each other. In a conversation they do; in a list of
 * unrelated facts they do not, and then nothing may be concluded from neighbours. Read from the words of a sample:
 * neighbours that share more of them than any two memories of the store do.
 */
import { documentTerms } from '../core/text/terms.ts';
import { rankingParameters } from './ranking-parameters.ts';

/** The beginning of a text is enough. */
const readCharacters = 600;
/** Texts without a word in common have no deviation. */
const minimumDeviation = 0.01;

/** 0..1 from pairs of neighbouring texts, each pair in order. */
export function measureCoherence(pairs: readonly (readonly [string, string])[]): number {
  const { coherentFrom, coherentFully, assumedPairs, negligibleCoherence } = rankingParameters.fixed;
  const terms = pairs.map((pair) => pair.map((text) => new Set(documentTerms(text.slice(0, readCharacters)))));
  const rarity = rarityOf(terms.flat());
  const shared = (one: ReadonlySet<string> = new Set(), other: ReadonlySet<string> = new Set()) =>
    sharedValue(one, other, rarity);
  const beside = terms.map(([one, other]) => shared(one, other));
  // Each text with the partner of another pair, far away in the list.
  const apart = terms.map(([one], index) =>
    shared(one, terms[(index + Math.ceil(terms.length / 2)) % terms.length]?.[1]),
  );
  const usual = mean(apart);
  const deviation = Math.sqrt(mean(apart.map((value) => (value - usual) ** 2)));
  const lead = (mean(beside) - usual) / Math.max(minimumDeviation, deviation);
  const measured = Math.min(1, Math.max(0, (lead - coherentFrom) / (coherentFully - coherentFrom)));
  const coherence = (assumedPairs + pairs.length * measured) / (assumedPairs + pairs.length);
  return coherence < negligibleCoherence ? 0 : coherence;
}

function rarityOf(texts: readonly ReadonlySet<string>[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const terms of texts) for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return new Map(
    [...counts].map(([term, count]) => [term, Math.log(1 + (texts.length - count + 0.5) / (count + 0.5))]),
  );
}

/** The share of the value of the poorer text that the other holds too. */
function sharedValue(
  one: ReadonlySet<string>,
  other: ReadonlySet<string>,
  rarity: ReadonlyMap<string, number>,
): number {
  let [sum, ofOne, ofOther] = [0, 0, 0];
  for (const term of one) {
    const value = rarity.get(term) ?? 0;
    ofOne += value;
    if (other.has(term)) sum += value;
  }
  for (const term of other) ofOther += rarity.get(term) ?? 0;
  return sum / Math.max(1e-9, Math.min(ofOne, ofOther));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
