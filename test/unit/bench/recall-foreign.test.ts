import { describe, expect, it } from 'vitest';
import { foreignQuestions } from '../../../scripts/bench/recall-foreign.ts';
import type { QuestionGroup, QuestionSet } from '../../../scripts/bench/recall-sets.ts';
import type { Language } from '../../../src/core/text/language.ts';

interface Sketch {
  readonly set: string;
  readonly name?: string;
  readonly language?: Language;
  readonly subjects: readonly string[];
  readonly questions?: number;
}

function group({ set, name = set, language = 'ja', subjects, questions = 4 }: Sketch): QuestionGroup {
  const queries = Array.from({ length: questions }, (_, index) => ({
    id: `${name}-${index}`,
    text: `question ${index}`,
    language,
    relevant: [`${name}-memory`],
    unanswerable: index === 0,
    reported: true,
  }));
  return { set, name, language, subjects: new Set(subjects), corpus: [], queries };
}

function asked(most: number, ...groups: QuestionGroup[]): Record<string, string[]> {
  const names = [...new Set(groups.map(({ set }) => set))];
  const sets: QuestionSet[] = names.map((name) => ({ name, groups: groups.filter(({ set }) => set === name) }));
  const given = foreignQuestions(sets, most);
  return Object.fromEntries(
    [...given].map(([{ name }, questions]) => [name, questions.map(({ id, kind }) => `${id} ${kind}`)]),
  );
}

describe('questions for strangers', () => {
  it('never go to a store that shares a text, a speaker or a title with their own', () => {
    const facts = group({ set: 'facts', subjects: ['苺が嫌い', 'AA'] });
    const translated = group({ set: 'translated', subjects: ['苺が嫌い'] });
    const chats = group({ set: 'chats', subjects: ['こんにちは', 'AA'] });
    expect(asked(10, facts, translated, chats)).toEqual({
      facts: [],
      translated: ['chats-1 another set', 'chats-2 another set', 'chats-3 another set'],
      chats: ['translated-1 another set', 'translated-2 another set', 'translated-3 another set'],
    });
  });

  it('go to one store of each language, taking turns', () => {
    const home = group({ set: 'home', subjects: ['a'], questions: 5 });
    const stores = [
      group({ set: 'one', subjects: ['b'], questions: 0 }),
      group({ set: 'two', subjects: ['c'], questions: 0 }),
      group({ set: 'three', subjects: ['d'], language: 'en', questions: 0 }),
    ];
    expect(asked(10, home, ...stores)).toMatchObject({
      one: ['home-1 another set', 'home-3 another set'],
      two: ['home-2 another set', 'home-4 another set'],
      three: ['home-1 another set', 'home-2 another set', 'home-3 another set', 'home-4 another set'],
    });
  });

  it('are also asked of another persona of the set, unless a speaker appears in both', () => {
    const anna = group({ set: 'talks', name: 'anna', subjects: ['Anna', 'John'] });
    const john = group({ set: 'talks', name: 'john', subjects: ['John', 'Tim'], questions: 0 });
    const maria = group({ set: 'talks', name: 'maria', subjects: ['Maria'], questions: 0 });
    const given = asked(10, anna, john, maria);
    expect(given.john).toEqual([]);
    expect(given.maria).toEqual(['anna-1 another persona', 'anna-2 another persona', 'anna-3 another persona']);
  });

  it('are taken evenly from those that have an answer', () => {
    const home = group({ set: 'home', subjects: ['a'], questions: 9 });
    const other = group({ set: 'other', subjects: ['b'], questions: 0 });
    expect(asked(4, home, other).other?.map((line) => line.split(' ')[0])).toEqual([
      'home-1',
      'home-3',
      'home-5',
      'home-7',
    ]);
  });
});
