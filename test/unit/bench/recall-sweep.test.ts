import { expect, it } from 'vitest';
import type { Answer } from '../../../scripts/bench/recall-answers.ts';
import { renderSweep } from '../../../scripts/bench/recall-sweep.ts';

function answer(id: string, set: string, ranked: readonly string[]): Answer {
  return {
    ...{ id, set, ranked, relevant: ['a'], kind: 'answerable', mode: 'hybrid', languages: 'ja-ja', strength: 'weak' },
    ...{ reported: Number(id.slice(1)) % 2 === 1, measured: true, nearest: undefined, noneAbove: undefined },
  } as const;
}

it('a sweep shows each change on each set, in bold beyond noise, and the mean of the halves', () => {
  const ids = Array.from({ length: 40 }, (_, index) => `q${index}`);
  const base = ['chat', 'facts'].flatMap((set) => ids.map((id) => answer(`${id}`, set, ['b', 'a'])));
  // On every fourth question, an odd one, of the facts.
  const answers = base.map((one) =>
    one.set === 'facts' && Number(one.id.slice(1)) % 4 === 1 ? answer(one.id, one.set, ['a', 'b']) : one,
  );
  const away = base.map((one) => (one.set === 'chat' && one.id === 'q0' ? answer('q0', 'chat', []) : one));
  const [, , better, worse] = renderSweep(base, [
    { name: 'more', answers },
    { name: 'less', answers: away },
  ]).split('\n');
  expect(better).toMatch(/^\| more \| 0\.0 \/ 0\.0 \| \*\*\+25\.0\*\* \/ 0\.0 \| \d+\.\d \| 0\.0 \/ 0\.0 \|$/);
  expect(worse).toMatch(/^\| less \| 0\.0 \/ -2\.5 \| 0\.0 \/ 0\.0 \| \d+\.\d \| -2\.5 \/ 0\.0 \|$/);
});
