import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { measureCoherence } from '../../../src/scoring/coherence.ts';

const subjects = Array.from({ length: 120 }, (_, index) => `subject${index}`);

/** Two texts about each subject, the second perhaps of another subject. */
const pairsAbout = (partner: (index: number) => number) =>
  subjects.map((subject, index) => [`we talk of ${subject} now`, `yes, ${subjects[partner(index)]} is nice`] as const);

/** Four lines in a row are about one thing. */
const topicOf = (line: number) => `topic${Math.floor(line / 4)} of team${Math.floor(line / 4)}`;
const neighborsIn = (lines: readonly string[]) =>
  lines.slice(1).map((line, index) => [lines[index] ?? '', line] as const);
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

describe('coherence', () => {
  it('is high where neighbours share what others do not', () => {
    expect(measureCoherence(pairsAbout((index) => index))).toBeGreaterThan(0.9);
  });

  it('is nothing where many neighbours share no more than any two memories', () => {
    const pairs = pairsAbout((index) => (index + 7) % subjects.length);
    expect(measureCoherence([...pairs, ...pairs])).toBe(0);
  });

  it('is high for a conversation and nothing for the same lines in random order', () => {
    const lines = Array.from({ length: 400 }, (_, index) =>
      index % 2 === 0 ? `${index}: did you finish ${topicOf(index)} yet?` : `${index}: yes, ${topicOf(index)} is done.`,
    );
    const scattered = lines.toSorted((one, other) => hashOf(one).localeCompare(hashOf(other)));
    expect(measureCoherence(neighborsIn(lines))).toBeGreaterThan(0.5);
    expect(measureCoherence(neighborsIn(scattered))).toBe(0);
  });

  it('is assumed until there are pairs to measure', () => {
    expect(measureCoherence([])).toBe(1);
    expect(measureCoherence(pairsAbout((index) => (index + 7) % subjects.length).slice(0, 4))).toBeGreaterThan(0.7);
  });
});
