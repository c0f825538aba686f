import { describe, expect, it } from 'vitest';
import { measureCoherence } from '../../../src/scoring/coherence.ts';

const subjects = Array.from({ length: 120 }, (_, index) => `subject${index}`);

/** Two texts about each subject, the second perhaps of another subject. */
const pairsAbout = (partner: (index: number) => number) =>
  subjects.map((subject, index) => [`we talk of ${subject} now`, `yes, ${subjects[partner(index)]} is nice`] as const);

describe('coherence', () => {
  it('is high where neighbours share what others do not', () => {
    expect(measureCoherence(pairsAbout((index) => index))).toBeGreaterThan(0.9);
  });

  it('is nothing where many neighbours share no more than any two memories', () => {
    const pairs = pairsAbout((index) => (index + 7) % subjects.length);
    expect(measureCoherence([...pairs, ...pairs])).toBe(0);
  });

  it('is assumed until there are pairs to measure', () => {
    expect(measureCoherence([])).toBe(1);
    expect(measureCoherence(pairsAbout((index) => (index + 7) % subjects.length).slice(0, 4))).toBeGreaterThan(0.7);
  });
});
