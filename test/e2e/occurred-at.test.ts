/** When something happened, beside when it was stored: given, shown, filtered by, changed, exported and imported. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { spawnServer } from '../support/server.ts';
import { testFolder } from '../support/stores.ts';
import { importReport, succeed } from '../support/transfer.ts';

const env = { MEMORY_MCP_TIMEZONE: 'Asia/Tokyo' };

describe('when something happened', () => {
  it('is in the receipt and in every reply as the clock of the configured zone showed it', async () => {
    const server = await spawnServer({ env });
    const receipt = await server.call('memory_create', {
      content: 'We climbed Mount Takao',
      occurred_at: '2023-03-05T09:30',
    });
    expect(receipt.structured).toMatchObject({ occurred_at: '2023-03-05T09:30+09:00' });
    const shown = { occurred_at: '2023-03-05T09:30+09:00', date: '2023-03-05', age: '3 years ago' };
    const { key } = receipt.structured;
    const expected = [expect.objectContaining(shown)];
    expect((await server.call('memory_search', { query: 'Takao' })).structured.results).toEqual(expected);
    expect((await server.call('memory_list')).structured.memories).toEqual(expected);
    expect((await server.call('memory_read', { keys: [key] })).structured.memories).toEqual(expected);
    expect((await server.call('get_context')).structured.recent).toEqual(expected);
  });

  it('is what date_range goes by, and where it is not known, when the memory was stored', async () => {
    const server = await spawnServer({ env });
    await server.create('The day before midnight', { occurred_at: '2023-03-31T23:59:59' });
    await server.create('The first of April', { occurred_at: '2023-04-01' });
    await server.create('Nothing is known');
    const found = async (date_range: string) =>
      (await server.list({ date_range })).memories.map(({ content }) => content);
    expect(await found('2023-03')).toEqual(['The day before midnight']);
    expect(await found('2023-04-01')).toEqual(['The first of April']);
    expect(await found('today')).toEqual(['Nothing is known']);
  });

  it('may lie ahead, and a date that can be two is refused with both', async () => {
    const server = await spawnServer({ env });
    await server.create('歯医者の予約', { occurred_at: '明日' });
    await server.create('歯医者に行った', { occurred_at: 'yesterday' });
    const found = async (date_range: string) =>
      (await server.list({ date_range })).memories.map(({ content }) => content);
    expect(await found('明日')).toEqual(['歯医者の予約']);
    expect(await found('next 3 days')).toEqual(['歯医者の予約']);
    expect(await found('過去3日間')).toEqual(['歯医者に行った']);
    const { isError, text } = await server.call('memory_list', { date_range: '3/4/2026' });
    expect([isError, text]).toEqual([true, expect.stringContaining('can mean 2026-03-04 or 2026-04-03')]);
  });

  it('may be changed, cleared and brought back, and every version keeps it', async () => {
    const server = await spawnServer({ env });
    const { key } = await server.create('The wedding', { occurred_at: '2023-03-05' });
    await server.call('memory_update', { key, occurred_at: '2023-03-06' });
    const cleared = await server.call('memory_update', { key, clear: ['occurred_at'] });
    expect(cleared.structured.memory).not.toHaveProperty('occurred_at');
    const { structured } = await server.call('memory_read', { keys: [key], history: true });
    expect(structured.memories).toMatchObject([
      {
        history: [
          { version: 2, occurred_at: '2023-03-06' },
          { version: 1, occurred_at: '2023-03-05' },
        ],
      },
    ]);
    const restored = await server.call('memory_restore', { key, version: 1 });
    expect(restored.structured.memory).toMatchObject({ occurred_at: '2023-03-05' });
  });

  it('is refused in words about it where it is no day or time, and nothing is stored', async () => {
    const server = await spawnServer({ env });
    const { isError, text } = await server.call('memory_create', { content: 'A year', occurred_at: '2023' });
    expect([isError, text]).toEqual([true, expect.stringContaining('occurred_at "2023" is longer than a day')]);
    expect((await server.list()).memories).toEqual([]);
  });

  it('makes two memories of the same words on two days', async () => {
    const server = await spawnServer({ env });
    const content = 'I went to the dentist';
    const first = await server.create(content, { occurred_at: '2026-03-05' });
    const second = await server.create(content, { occurred_at: '2026-09-05' });
    expect(second.key).not.toBe(first.key);
    for (const occurred_at of ['2026-03-05', undefined]) {
      const again = await server.call('memory_create', { content, occurred_at });
      expect(again.structured).toMatchObject({ stored: false, duplicate_of: first.key });
    }
  });

  it('survives an export and an import, and lines written by hand may name it', async () => {
    const from = await spawnServer({ env });
    await from.create('The move to Kyoto', { occurred_at: '2023-03-05' });
    await from.close();
    const file = join(testFolder(), 'export.jsonl');
    await succeed(from.dataDir, 'export', '--out', file);
    expect(readFileSync(file, 'utf8')).toContain('"occurred_at":"2023-03-04T15:00:00.000Z"');
    const into = await spawnServer({ env });
    const plain = join(testFolder(), 'plain.jsonl');
    writeFileSync(
      plain,
      '{"content":"The first snow","occurred_at":"2024-01-10T08:00+09:00"}\n{"content":"x","occurred_at":"soon"}\n',
    );
    await into.close();
    await importReport(into.dataDir, file);
    expect(JSON.stringify(await importReport(into.dataDir, plain))).toContain('occurred_at: it must be a time');
    const again = await spawnServer({ env, dataDir: into.dataDir });
    expect((await again.call('memory_list')).structured.memories).toMatchObject([
      { content: 'The first snow', occurred_at: '2024-01-10T08:00+09:00' },
      { content: 'The move to Kyoto', occurred_at: '2023-03-05' },
    ]);
  });
});

describe('a session begins', () => {
  it('with the weekday and the time of the configured zone, which is named', async () => {
    const server = await spawnServer({ env });
    const { now, weekday, timezone } = (await server.call('get_context')).structured;
    expect(now).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+09:00$/);
    expect(Math.abs(Date.parse(String(now)) - Date.now())).toBeLessThan(600_000);
    const inTokyo = new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'Asia/Tokyo' });
    expect([weekday, timezone]).toEqual([inTokyo.format(Date.parse(String(now))), 'Asia/Tokyo']);
  });
});

it('five short memories stay small in a search and at the start of a session', async () => {
  const server = await spawnServer({ env });
  for (const place of ['Kyoto', 'Osaka', 'Nara', 'Kobe', 'Uji']) {
    await server.create(`We walked through ${place} in the rain.`, { occurred_at: '2023-03-05T09:30' });
  }
  const bytes = async (name: string, args = {}) => Buffer.byteLength((await server.call(name, args)).text);
  expect(await bytes('memory_search', { query: 'walked in the rain' })).toBeLessThanOrEqual(3_000);
  const { recent } = (await server.call('get_context')).structured;
  expect(Buffer.byteLength(JSON.stringify(recent))).toBeLessThanOrEqual(1_200);
});
