import { describe, expect, it } from 'vitest';
import { createTurnReader } from '../../../src/scoring/turns.ts';

describe('a turn', () => {
  it.each([
    ['Where do you live?', true],
    ['どこに住んでいますか？', true],
    ['"Shall we go?"', true],
    ['Shall we go? I would like to.', false],
    ['行きますか？はい。', false],
  ])('"%s" ends in a question: %s', (content, asks) => {
    expect(createTurnReader('anything')(content).asks).toBe(asks);
  });

  it.each([
    ['What did Caroline paint?', 'Caroline: a sunrise', true],
    ['what did CAROLINE paint', 'Caroline: a sunrise', true],
    ["What is Mary Ann's job?", 'Mary Ann: I teach', true],
    ['佐藤さんはどこに行った？', '佐藤： 京都に行った', true],
    ['What did Caroline paint?', 'Melanie: Caroline painted a sunrise', false],
    ['What is always late?', 'Al: the train', false],
    ['What did Caroline paint?', 'a sunrise, says Caroline: the best', false],
  ])('of "%s", "%s" is spoken by the one who is named: %s', (query, content, named) => {
    expect(createTurnReader(query)(content).spokenByNamed).toBe(named);
  });
});
