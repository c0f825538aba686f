/** The built program is the source: what the build does to it changes nothing that it says or understands. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { spawnServer } from '../support/server.ts';
import { repositoryRoot } from '../support/surroundings.ts';

it('the bundle is plain ASCII, because the launcher reads it byte by byte', () => {
  const bundle = readFileSync(join(repositoryRoot, 'dist', 'cli.cjs'));
  expect(bundle.findIndex((byte) => byte > 0x7f)).toBe(-1);
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
