/** The picture and the transcript of the README show what the program prints. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { picture, runDemo, steadied, textOf } from '../../scripts/demo-picture.ts';
import { binary, makeSurroundings, repositoryRoot } from '../support/surroundings.ts';

const inOneLine = (text: string) => steadied(text.replace(/\s+/g, ' ')).trim();

it('the picture of the README is a run of demo', () => {
  expect(inOneLine(textOf(readFileSync(picture, 'utf8')).join(' '))).toBe(inOneLine(runDemo()));
});

it.each(['README.md', 'README.ja.md'])('the transcript of %s is what its commands print', (page) => {
  const { env, remove } = makeSurroundings();
  try {
    const [, transcript = ''] =
      /```console\n([\s\S]*?)```/.exec(readFileSync(join(repositoryRoot, page), 'utf8')) ?? [];
    const steps = transcript.split(/^\$ /m).slice(1);
    expect(steps.length).toBeGreaterThan(2);
    for (const step of steps) {
      const [command = ''] = step.split('\n');
      const printed = execFileSync('/bin/sh', ['-c', command.replace('npx memory-mcp', `'${binary}'`)], {
        encoding: 'utf8',
        env,
        // Outside of the repository: a hook names the project it is in.
        cwd: tmpdir(),
      });
      expect(steadied(printed)).toBe(steadied(step.slice(command.length + 1)));
    }
  } finally {
    remove();
  }
});
