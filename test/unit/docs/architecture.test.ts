import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');

describe('docs/architecture.md', () => {
  it('names only files and folders that exist', () => {
    const spans = [...page.matchAll(/`((?:src|test|scripts|docs)\/[^`\s]*)`/g)].map(([, path = '']) => path);
    const drawn = [...page.matchAll(/(?<![\w/`])((?:[a-z]+\/)+[a-z-]+\.ts)/g)].map(([, path]) => `src/${path}`);
    expect(spans.length).toBeGreaterThan(20);
    expect(drawn.length).toBeGreaterThan(15);
    expect([...spans, ...drawn].filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('names every layer', () => {
    const layers = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const { name } of layers) expect(page).toContain(`| \`${name}\` |`);
  });

  it('says where to go for at least fifteen changes', () => {
    const [, table = ''] = page.split('## To change');
    expect(table.split('\n## ')[0]?.match(/^\| .* \| .*`src\//gm)?.length).toBeGreaterThanOrEqual(15);
  });
});
