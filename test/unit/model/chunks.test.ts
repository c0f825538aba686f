import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkRule, planChunks, type TokenBudget, tokensPerChunk, truncateToFit } from '../../../src/model/chunks.ts';

/** One token per character, and one more per word as tokenizers that mark beginnings have. */
const budget: TokenBudget = { limit: 50, count: (text) => [...text].length + text.split(/\s/).length - 1 };

function chunksOf(text: string, from = budget): string[] {
  const plan = planChunks(text, from);
  for (;;) {
    const step = plan.next();
    if (step.done === true) return step.value;
  }
}

describe('chunks of a text', () => {
  it('are the whole text if it fits', () => {
    expect(chunksOf('海まで走った。')).toEqual(['海まで走った。']);
    expect(chunksOf('')).toEqual(['']);
  });

  it('are together exactly the text, and each fits', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.constantFrom('海。', '「はい。」', 'Yes. ', 'No!\n', '😀', ' '.repeat(60), '3.14', 'ー'.repeat(120), '!?!?'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const text = pieces.join('');
        const chunks = chunksOf(text);
        expect(chunks.join('')).toBe(text);
        for (const chunk of chunks) expect(budget.count(chunk)).toBeLessThanOrEqual(budget.limit);
      }),
    );
  });

  it('end where sentences end', () => {
    const text = `${'私は「はい。」と言った。'.repeat(10)}Version 3.14 is out. We like it! `.repeat(3);
    for (const chunk of chunksOf(text)) expect(chunk).toMatch(/(と言った。|「はい。」|[.!] )$/);
  });

  // Vectors of other chunks are other vectors: where these lengths change, so must the name of the rule.
  it('of two long texts are these, by the rule that is named in the space', () => {
    const japanese = (count: number) =>
      `${count}番目の朝、港の市場で${'魚と'.repeat(count % 5)}苺を買った。「おいしい。」と妹は言った。`;
    const english = (count: number) =>
      `Note ${count}: we walked${' far'.repeat(count % 7)} along the river, and Mia took 3.5 pictures. Good day! `;
    const write = (sentence: (count: number) => string, sentences: number) =>
      Array.from({ length: sentences }, (_, count) => sentence(count)).join('');
    const budgetOf = { limit: tokensPerChunk(512), count: (text: string) => [...text].length };
    const lengths = (text: string) => chunksOf(text, budgetOf).map((chunk) => chunk.length);
    expect(chunkRule(512)).toBe('sentences-256');
    expect(lengths(write(japanese, 40))).toEqual([239, 237, 234, 239, 247, 234]);
    expect(lengths(`${write(english, 30)}\n\nThe end`)).toEqual([
      228, 254, 254, 244, 200, 221, 184, 253, 243, 192, 256,
    ]);
  });

  it('leave no scrap at the end', () => {
    const sizes = chunksOf('十文字の文を書いた。'.repeat(11)).map((chunk) => chunk.length);
    expect(sizes).toEqual([40, 40, 30]);
  });

  it('never split a character', () => {
    for (const chunk of chunksOf('😀'.repeat(500))) expect(encodeURIComponent(chunk)).toMatch(/^(%F0%9F%98%80)+$/);
    expect(chunksOf('😀'.repeat(500)).join('')).toBe('😀'.repeat(500));
  });

  it('come in time that grows with the text and no faster', () => {
    // Each of these would take minutes if an expression or a search went back over what it has seen.
    for (const unit of ['!', ' ', '。', 'a', '。」', '.\n'])
      expect(chunksOf(unit.repeat(100_000)).join('')).toHaveLength(unit.length * 100_000);
  });
});

describe('the beginning of a text that fits', () => {
  it('is as long as possible and ends between characters', () => {
    const fits = (text: string) => text.length <= 5;
    expect(truncateToFit('海辺', fits)).toBe('海辺');
    expect(truncateToFit('0123456789', fits)).toBe('01234');
    expect(truncateToFit('😀😀😀😀', fits)).toBe('😀😀');
  });
});
