/** docs/docker.md and its translation: no command without a test or a reason, and the same commands in both. */
import { expect, it } from 'vitest';
import { codeBlocks } from '../../support/docker-project.ts';

const english = codeBlocks('docker.md', 'Not run:');

/** Languages whose blocks test/container/guide.test.ts runs or has read by the program that they are for. */
const tested = ['bash', 'yaml', 'json', 'cron', ''];

it('every block is run by a test or says why not', () => {
  expect(english.length).toBeGreaterThan(30);
  for (const { language, notRun, text } of english) {
    const covered = tested.includes(language) || (notRun ?? '').length > 10;
    expect(covered, text).toBe(true);
    if (notRun !== undefined) expect(notRun).toMatch(/\.$/);
  }
});

/** A command without what is translated: comments, and the text in angle brackets. */
const plain = (text: string) => text.replace(/#.*$/gm, '').replace(/<[^>]*>/g, '<>');

it('the Japanese page has the same blocks, and the same reasons', () => {
  const japanese = codeBlocks('docker.ja.md', '未実行：');
  // The tree of the data folder is prose.
  const code = (blocks: typeof english) =>
    blocks.filter(({ language }) => language !== '').map(({ text, notRun }) => [plain(text), notRun !== undefined]);
  expect(code(japanese)).toEqual(code(english));
});
