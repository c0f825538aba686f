import { describe, expect, it } from 'vitest';
import { InvalidYaml, parseYamlTexts } from '../../../src/files/parse-yaml.ts';

describe('parseYamlTexts', () => {
  it.each([
    ['in lines', 'tags:\n  - 1.10\n  - 010\n  - True\n  - "1.10"\n  - 2024-01-01\n  - .inf # endless\n  - 1_000\n'],
    ['in lines without indentation', 'tags:\n- 1.10\n- 010\n- True\n- "1.10"\n- 2024-01-01\n- .inf\n- 1_000\n'],
    ['in brackets', 'tags: [1.10, 010, True, "1.10", 2024-01-01, .inf, 1_000] # tags\n'],
    ['over several lines', "tags: [1.10, 010,\n  True, '1.10',\n  2024-01-01, .inf, 1_000,\n]\n"],
  ])('keeps the items of a list %s as they are written', async (_, text) => {
    const tags = ['1.10', '010', 'True', '1.10', '2024-01-01', '.inf', '1_000'];
    expect(await parseYamlTexts(`a: 1\n${text}b: 2.0\n`)).toEqual({ a: '1', tags, b: '2.0' });
  });

  it('keeps commas and brackets in quotes, and what is a text already', async () => {
    const text = `tags: ["a, [b", 'it''s, so', 1.10]\ntext: |\n  - 1.10\n  tags: 2.20\nnumber: 3.30\n`;
    expect(await parseYamlTexts(text)).toEqual({
      tags: ['a, [b', "it's, so", '1.10'],
      text: '- 1.10\ntags: 2.20\n',
      number: '3.30',
    });
  });

  it('keeps a time without an offset as one, and null as null', async () => {
    const text = 'at: 2026-11-24 09:30\nfull: 2026-11-24T09:30:00Z\nnone: null\nempty:\nword: "null"\r\n';
    expect(await parseYamlTexts(text)).toEqual({
      at: '2026-11-24 09:30',
      full: '2026-11-24T09:30:00Z',
      none: null,
      empty: null,
      word: 'null',
    });
  });

  it('keeps what has a name in quotes or an anchor', async () => {
    expect(await parseYamlTexts('"quoted": 1.10\nanchor: &a 2.20\nsame: *a\ndeep: {inside: [1.10]}\n')).toEqual({
      quoted: '1.10',
      anchor: '2.20',
      same: '2.20',
      deep: { inside: ['1.10'] },
    });
  });

  it('throws what is no YAML', async () => {
    const failing = parseYamlTexts('a: 1\nsecret: b: c\n');
    await expect(failing).rejects.toBeInstanceOf(InvalidYaml);
    await expect(failing).rejects.toMatchObject({ line: 2, message: expect.not.stringContaining('secret') });
  });
});
