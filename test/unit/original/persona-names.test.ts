/** Names of the original system's folders, and what the personas are called here. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parsePersonaName } from '../../../src/core/persona.ts';
import { restorePersonaName } from '../../../src/original/persona-names.ts';

const asLatin1 = (text: string) => Buffer.from(text).toString('latin1');

it.each([
  ['default', 'default'],
  ['葵', '葵'],
  [asLatin1('葵'), '葵'],
  [asLatin1('Zoë'), 'Zoë'],
  ['Zoë', 'Zoë'],
  ['%E8%91%B5', '葵'],
  ['100%', '100_'],
  ['my persona', 'my_persona'],
  ['a:b', 'a_b'],
  ['.', '_'],
  ['..', '__'],
  ['', '_'],
  ['.hidden', '_hidden'],
  ['con', '_con'],
  ['x'.repeat(80), 'x'.repeat(64)],
])('%j is %s', (folder, name) => {
  expect(restorePersonaName(folder)).toBe(name);
});

it('every name becomes one that is allowed, and stays that', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (folder) => {
      const name = restorePersonaName(folder);
      expect(parsePersonaName(name)).toBe(name);
    }),
  );
});
