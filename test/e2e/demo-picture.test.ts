/** The picture of the README shows what the program prints. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { picture, runDemo, steadied, textOf } from '../../scripts/demo-picture.ts';

const inOneLine = (text: string) => steadied(text.replace(/\s+/g, ' ')).trim();

it('the picture of the README is a run of demo', () => {
  expect(inOneLine(textOf(readFileSync(picture, 'utf8')).join(' '))).toBe(inOneLine(runDemo()));
});
