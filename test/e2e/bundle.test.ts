/** The built program is the source: what the build does to it changes nothing that it says or understands. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { spawnServer } from '../support/server.ts';
import { repositoryRoot } from '../support/surroundings.ts';

it('the bundle is plain ASCII, because the launcher reads it byte by byte', () => {
  const bundle = readFileSync(join(repositoryRoot, 'dist', 'cli.cjs'));
  expect(bundle.findIndex((byte) => byte > 0x7f)).toBe(-1);
});

it('keeps names and lines, for the stacks of unexpected errors', () => {
  const lines = readFileSync(join(repositoryRoot, 'dist', 'cli.cjs'), 'latin1').split('\n');
  expect(lines.filter((line) => /^async function openMemoryStore\(/.test(line))).toHaveLength(1);
});

describe('the licences beside a bundle', () => {
  it.each(['cli', 'inference'])('of %s name every package in it', (bundle) => {
    const licenses = readFileSync(join(repositoryRoot, 'dist', `${bundle}.licenses.txt`), 'utf8');
    const code = readFileSync(join(repositoryRoot, 'dist', `${bundle}.cjs`), 'latin1');
    // esbuild writes the path of each file above what it took from it.
    const bundled = new Set(
      [...code.matchAll(/^\/\/ (?:.*\/)?node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\//gm)].map(([, name]) => name),
    );
    expect(bundled.size).toBeGreaterThan(1);
    for (const name of bundled) expect(licenses).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+`, 'm'));
  });
});

it('Japanese in its expressions is still Japanese: dates and folded kana', async () => {
  const server = await spawnServer();
  await server.create('ヴァイオリンのレッスンは毎週');
  for (const date_range of ['今日', '過去7日間', '今年', '本日', '2000年1月1日以降']) {
    expect((await server.list({ date_range })).total, date_range).toBe(1);
  }
  expect((await server.list({ date_range: '先月' })).total).toBe(0);
  for (const query of ['ばいおりん', 'バイオリン', 'れっすん', '毎週']) {
    expect((await server.search(query)).results, query).toHaveLength(1);
  }
});
