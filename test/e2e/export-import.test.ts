/** `export` and `import` of the built program, in its own format: JSON Lines. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fillStore } from '../support/filled-store.ts';
import { spawnServer, type TestServer } from '../support/server.ts';
import { draft, live, testFolder } from '../support/stores.ts';
import { contentsOf, importReport, run, succeed, withStore } from '../support/transfer.ts';

/** A store with memories of every kind: changed, pinned, deleted, and with every field. */
async function fillPersona(dataDir: string, count: number): Promise<void> {
  await withStore(dataDir, async (store) => {
    await fillStore(store, count);
    const keys = store.memories.list({ filter: live, order: 'oldest', limit: 12 }).map(({ key }) => key);
    await store.importedFields.put(new Map([[keys[3] ?? '', { equipped_items: ['帽子'], strength: 0.5 }]]));
    const at = (second: number) => `2026-07-01T00:00:${String(second).padStart(2, '0')}.000Z`;
    for (const [index, key] of keys.entries()) {
      await store.memories.update(key, { content: `changed once ${index}`, emotion: null }, { now: at(index) });
      await store.memories.update(key, { content: `変更した ${index}`, tags: ['新しい'] }, { now: at(index + 20) });
    }
    await store.memories.setPinned(keys[0] ?? '', true, at(50));
    await store.memories.softDelete(keys.slice(1, 3), at(51));
  });
  await succeed(
    dataDir,
    'call',
    'update_context',
    '{"user_info": {"name": "美香"}, "goals": [{"text": "learn the piano"}]}',
  );
}

const queries = [
  '苺',
  'quoted json',
  '𠮷野家',
  '長い話',
  'line tab',
  '変更した',
  'changed',
  '食べ物',
  'nothing of the kind',
  '42',
];

async function answers(server: TestServer) {
  const found: unknown[] = [];
  for (let number = 0; number < 100; number++) {
    const query = `${queries[number % queries.length]} ${number < 50 ? number : ''}`.trim();
    const { results, strength, total, mode } = await server.search(query, { limit: 10 });
    found.push({ query, strength, total, mode, results: results.map(({ key, score }) => ({ key, score })) });
  }
  return found;
}

describe('export and import as JSON Lines', () => {
  it('give an empty data folder the same memories and the same answers to 100 searches', async () => {
    const [from, to] = [testFolder(), testFolder()];
    await fillPersona(from, 400);
    const file = join(testFolder(), 'all.jsonl');
    const receipt = JSON.parse(await succeed(from, 'export', '--deleted', '--out', file, '--json'));
    expect(receipt).toMatchObject({ memories: 400, includes_deleted: true, bytes: statSync(file).size });
    expect(statSync(file).mode & 0o777).toBe(0o600);

    expect(await importReport(to, file)).toMatchObject({
      found: 400,
      new: 400,
      skipped: 0,
      context: ['goals', 'user_info'],
    });
    expect(await contentsOf(to)).toEqual(await contentsOf(from));
    const lines = (text: string) => text.split('\n').slice(1);
    expect(lines(await succeed(to, 'export', '--deleted'))).toEqual(lines(readFileSync(file, 'utf8')));

    const servers = [await spawnServer({ dataDir: from }), await spawnServer({ dataDir: to })] as const;
    expect(await answers(servers[1])).toEqual(await answers(servers[0]));
  });

  it('leave deleted memories out unless they are asked for', async () => {
    const from = testFolder();
    await fillPersona(from, 60);
    const deleted = (text: string) => text.split('\n').filter((line) => line.includes('"deleted_at"')).length;
    expect(deleted(await succeed(from, 'export'))).toBe(0);
    expect(deleted(await succeed(from, 'export', '--deleted'))).toBeGreaterThan(3);
  });

  it('change nothing the second time', async () => {
    const [from, to] = [testFolder(), testFolder()];
    await fillPersona(from, 60);
    const file = join(testFolder(), 'all.jsonl');
    await succeed(from, 'export', '--out', file);
    await importReport(to, file);
    const before = await contentsOf(to);
    expect(await importReport(to, file)).toMatchObject({ new: 0, updated: 0, duplicate: before.length, context: [] });
    expect(await contentsOf(to)).toEqual(before);
  });

  it('keep what is newer here, and what was permanently deleted here', async () => {
    const data = testFolder();
    await withStore(data, async (store) => {
      for (const content of ['one', 'two', 'three', 'four']) await store.memories.create(draft(content));
    });
    const file = join(testFolder(), 'all.jsonl');
    await succeed(data, 'export', '--out', file);
    await withStore(data, async (store) => {
      const [one, two, three] = store.memories.list({ filter: live, order: 'oldest', limit: 4 }).map(({ key }) => key);
      await store.memories.update(one ?? '', { content: 'one, and newer' }, { now: '2026-12-01T00:00:00.000Z' });
      await store.memories.softDelete([two ?? ''], '2026-12-01T00:00:00.000Z');
      await store.erasure.erase([three ?? '']);
    });
    const before = await contentsOf(data);
    expect(await importReport(data, file)).toMatchObject({ new: 0, updated: 0, duplicate: 3, erased: 1 });
    expect(await contentsOf(data)).toEqual(before);
  });

  it('take over what is newer there, and keep what was here as a version', async () => {
    const [from, to] = [testFolder(), testFolder()];
    await withStore(from, (store) => store.memories.create(draft('old')));
    const file = join(testFolder(), 'all.jsonl');
    await succeed(from, 'export', '--out', file);
    await importReport(to, file);
    await withStore(from, (store) =>
      store.memories.update('memory_20261124093000', { content: 'new' }, { now: '2026-12-01T00:00:00.000Z' }),
    );
    await succeed(from, 'export', '--out', file, '--force');
    expect(await importReport(to, file)).toMatchObject({ updated: 1, new: 0 });
    const [memory] = await contentsOf(to);
    expect(memory).toMatchObject({ content: 'new', version: 2, updated_at: '2026-12-01T00:00:00.000Z' });
    expect(memory?.versions).toMatchObject([{ version: 1, fields: { content: 'old' } }]);
  });

  it('give another key to a memory of another store that was made in the same second', async () => {
    const [one, other] = [testFolder(), testFolder()];
    await withStore(one, (store) => store.memories.create(draft('of one')));
    await withStore(other, (store) =>
      store.memories.create(draft('of the other', { created_at: '2026-11-24T00:30:00.250Z' })),
    );
    const file = join(testFolder(), 'all.jsonl');
    await succeed(other, 'export', '--out', file);
    expect(await importReport(one, file)).toMatchObject({ new: 1 });
    expect(await importReport(one, file)).toMatchObject({ new: 0, duplicate: 1 });
    expect((await contentsOf(one)).map(({ key, content }) => [key, content])).toEqual([
      ['memory_20261124093000', 'of one'],
      ['memory_20261124093000_01', 'of the other'],
    ]);
  });

  it('report without writing, and create no persona, with --dry-run', async () => {
    const [from, to] = [testFolder(), testFolder()];
    await fillPersona(from, 60);
    const file = join(testFolder(), 'all.jsonl');
    await succeed(from, 'export', '--out', file);
    const report = await importReport(to, file, '--dry-run');
    expect(report).toMatchObject({ dry_run: true, context: ['goals', 'user_info'] });
    expect(readdirSync(to)).toEqual([]);
    expect(await importReport(to, file)).toEqual({ ...report, dry_run: false });
  });
});

describe('export', () => {
  it('says what it wrote, and replaces no file without --force', async () => {
    const data = testFolder();
    await withStore(data, (store) => store.memories.create(draft('one')));
    const file = join(testFolder(), 'folder', 'all.jsonl');
    expect(await succeed(data, 'export', '--out', file)).toBe(`${file}: 1 memory of persona "default", 0.0 MB\n`);
    expect(await run(data, 'export', '--out', file)).toMatchObject({
      code: 3,
      err: expect.stringContaining('exists already'),
    });
    await succeed(data, 'export', '--out', file, '--force');
    expect(readdirSync(join(file, '..'))).toEqual(['all.jsonl']);
  });

  it('refuses a persona that does not exist, and creates nothing', async () => {
    const data = testFolder();
    const { code, err } = await run(data, 'export', '--persona', 'nobody');
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining('There is no persona "nobody"') });
    expect(readdirSync(data)).toEqual([]);
  });

  it('refuses a format that it does not know', async () => {
    expect(await run(testFolder(), 'export', '--format', 'word')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Use one of: json-lines'),
    });
  });
});

describe('import of JSON lines without a header', () => {
  it('makes a memory of each line that has a text', async () => {
    const data = testFolder();
    const file = join(testFolder(), 'lines.jsonl');
    const lines = [
      { content: 'The cat is called Miso', tags: ['pets'], importance: 0.9, created_at: '2024-05-01T09:00:00+09:00' },
      { content: '苺のアレルギーがある', created_at: '2024-05-02 09:00', mood: 'calm' },
      { content: 'The cat is called Miso', tags: ['again'] },
      { content: '   ' },
      { content: 'too important', importance: 7 },
      { content: 'with a key', key: 'note-1', pinned: true },
    ];
    writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n'));
    const report = await importReport(data, file);
    expect(report).toMatchObject({ found: 4, new: 3, duplicate: 1, skipped: 2, ignored_fields: { mood: 1 } });
    expect(report.reasons).toMatchObject([
      { reason: 'it has no text', places: ['line 4'] },
      { reason: expect.stringContaining('importance'), places: ['line 5'] },
    ]);
    expect(await contentsOf(data)).toMatchObject([
      {
        content: 'The cat is called Miso',
        source: 'import:json-lines',
        created_at: '2024-05-01T00:00:00.000Z',
        importance: 0.9,
        tags: ['pets'],
      },
      { content: '苺のアレルギーがある', created_at: '2024-05-02T00:00:00.000Z' },
      { content: 'with a key', key: 'note-1', pinned: true },
    ]);
    expect(await importReport(data, file)).toMatchObject({ new: 0, duplicate: 4 });
  });

  it('does not bring back what was changed or deleted since', async () => {
    const data = testFolder();
    const file = join(testFolder(), 'lines.jsonl');
    writeFileSync(file, '{"content":"one"}\n{"content":"two"}\n{"content":"three"}\n');
    await importReport(data, file);
    await withStore(data, async (store) => {
      const [one, two, three] = store.memories.list({ filter: live, order: 'oldest', limit: 3 }).map(({ key }) => key);
      await store.memories.update(one ?? '', { content: 'one, corrected' }, { now: '2026-12-01T00:00:00.000Z' });
      await store.memories.softDelete([two ?? ''], '2026-12-01T00:00:00.000Z');
      await store.erasure.erase([three ?? '']);
    });
    expect(await importReport(data, file)).toMatchObject({ new: 0, duplicate: 2, erased: 1 });
  });

  it('stops at --limit, and continues when it is run again', async () => {
    const data = testFolder();
    const file = join(testFolder(), 'lines.jsonl');
    writeFileSync(file, Array.from({ length: 250 }, (_, number) => `{"content":"fact ${number}"}\n`).join(''));
    expect(await importReport(data, file, '--limit', '120')).toMatchObject({ new: 120, remaining: 130 });
    expect(await importReport(data, file, '--limit', '120', '--dry-run')).toMatchObject({
      new: 120,
      duplicate: 120,
      remaining: 10,
    });
    expect(await importReport(data, file, '--limit', '120')).toMatchObject({ new: 120, duplicate: 120, remaining: 10 });
    expect(await importReport(data, file)).toMatchObject({ new: 10, remaining: 0 });
    expect((await contentsOf(data)).map(({ content }) => content)).toEqual(
      Array.from({ length: 250 }, (_, number) => `fact ${number}`),
    );
  });

  it('leaves out texts that look like secrets, names line and kind, and never prints them', async () => {
    const data = testFolder();
    const file = join(testFolder(), 'lines.jsonl');
    const secret = `ghp_${'a1B2'.repeat(9)}`;
    writeFileSync(file, `{"content":"harmless"}\n${JSON.stringify({ content: `use ${secret} there` })}\n`);
    const { out, err, code } = await run(data, 'import', file);
    expect(code).toBe(0);
    expect(out).toContain('line 2: looks like a GitHub token');
    expect(out + err).not.toContain(secret);
    expect((await contentsOf(data)).map(({ content }) => content)).toEqual(['harmless']);
    expect(await importReport(data, file, '--include-secrets')).toMatchObject({
      new: 1,
      left_out: 0,
      secrets: [{ place: 'line 2', kind: 'a GitHub token' }],
    });
  });
});

describe('a damaged export', () => {
  it('is refused wherever it is cut off or changed, and nothing is written', async () => {
    const from = testFolder();
    await fillPersona(from, 40);
    const whole = await succeed(from, 'export', '--deleted');
    const lines = whole.trimEnd().split('\n');
    const some = lines.findIndex((text) => text.includes('"type":"memory"') && !text.includes('変更した'));
    const line = (number: number, change: (text: string) => string) =>
      lines.map((text, at) => (at === number ? change(text) : text)).join('\n');
    const damages: Record<string, string> = {
      'without its end': lines.slice(0, -1).join('\n'),
      'cut within a line': whole.slice(0, whole.length / 2),
      'without a memory': lines.filter((_, at) => at !== some).join('\n'),
      'with a doubled memory': [...lines.slice(0, some + 1), ...lines.slice(some)].join('\n'),
      'with another type': line(some, (text) => text.replace('"type":"memory"', '"type":"thought"')),
      'with a field more': line(some, (text) => text.replace('"type"', '"unknown":1,"type"')),
      'with a time that is none': line(some, (text) =>
        text.replace(/"created_at":"[^"]*"/, '"created_at":"yesterday"'),
      ),
      'with text after its end': `${whole}{"type":"memory"}`,
      'with a version of nothing': [lines[0], ...lines.filter((text) => text.includes('"type":"version"'))].join('\n'),
    };
    for (const [name, text] of Object.entries(damages)) {
      const file = join(testFolder(), 'bad.jsonl');
      writeFileSync(file, text);
      const to = testFolder();
      const { code, err } = await run(to, 'import', file);
      expect({ name, code, err }).toMatchObject({
        code: 1,
        err: expect.stringMatching(/bad\.jsonl" is damaged: (line \d+|the end): /),
      });
      expect(readdirSync(to)).toEqual([]);
    }
  });

  it('is refused if a newer version wrote it', async () => {
    const file = join(testFolder(), 'newer.jsonl');
    writeFileSync(file, '{"format":"memory-mcp export","format_version":2}\n');
    const to = testFolder();
    expect(await run(to, 'import', file)).toMatchObject({
      code: 2,
      err: expect.stringContaining('is version 2 of an export; this version of memory-mcp reads version 1'),
    });
    expect(readdirSync(to)).toEqual([]);
  });

  it.each([
    ['not there', '/nowhere/at-all.jsonl', 1, /does not exist/],
    ['a device', '/dev/null', 1, /is a device, not a file|cannot be read/],
  ])('is refused if it is %s', async (_, path, exitCode, message) => {
    const to = testFolder();
    const { code, err } = await run(to, 'import', path);
    expect({ code, err }).toMatchObject({ code: exitCode, err: expect.stringMatching(message) });
    expect(existsSync(join(to, 'memory'))).toBe(false);
  });
});
