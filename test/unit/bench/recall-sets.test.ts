import { expect, it } from 'vitest';
import { joinTexts, type QuestionSet } from '../../../scripts/bench/recall-sets.ts';

it('makes long memories of several, and a question belongs to those that hold its answers', () => {
  const texts = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, text: `text ${id}`, date: '2026-01-01T00:00' }));
  const question = { text: '?', language: 'en' as const, unanswerable: false, reported: true };
  const set: QuestionSet = {
    name: 'letters',
    groups: [
      {
        name: '',
        set: 'letters',
        language: 'en',
        subjects: new Set(),
        corpus: texts,
        queries: [
          { ...question, id: '1', relevant: ['c', 'd'] },
          { ...question, id: '2', relevant: ['b', 'e'] },
        ],
      },
    ],
  };
  const [joined] = joinTexts([set], 2);
  expect(joined?.groups[0]?.corpus.map(({ text }) => text)).toEqual(['text a\n\ntext b', 'text c\n\ntext d', 'text e']);
  expect(joined?.groups[0]?.queries.map(({ relevant }) => relevant)).toEqual([['joined-1'], ['joined-0', 'joined-2']]);
});
