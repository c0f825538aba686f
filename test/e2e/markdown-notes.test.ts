/** `export --format markdown` and the import of edited notes, by the built program. */
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fillStore } from '../support/filled-store.ts';
import { draft, live, testFolder } from '../support/stores.ts';
import { contentsOf, importReport, run, succeed, withStore } from '../support/transfer.ts';

const exportNotes = async (dataDir: string, folder: string, ...flags: string[]) =>
  JSON.parse(await succeed(dataDir, 'export', '--format', 'markdown', '--out', folder, '--json', ...flags));

/** A data folder with memories of these texts, and their notes. */
async function notesOf(...texts: string[]) {
  const [data, notes] = [testFolder(), join(testFolder(), 'notes')];
  await withStore(data, async (store) => {
    for (const text of texts) await store.memories.create(draft(text));
  });
  await exportNotes(data, notes);
  const names = readdirSync(notes).sort();
  const edit = (name: string, change: (text: string) => string) =>
    writeFileSync(join(notes, name), change(readFileSync(join(notes, name), 'utf8')));
  return { data, notes, names, edit };
}

const comparable = (memories: Awaited<ReturnType<typeof contentsOf>>) =>
  memories
    .map(({ versions: _, imported: __, ...memory }) => memory)
    .sort((one, other) => (one.key < other.key ? -1 : 1));

describe('an export as Markdown', () => {
  it('gives an empty data folder the same memories, with every field', async () => {
    const [from, to, notes] = [testFolder(), testFolder(), join(testFolder(), 'notes')];
    await withStore(from, async (store) => {
      await fillStore(store, 200);
      const [first = '', second = ''] = store.memories
        .list({ filter: live, order: 'oldest', limit: 2 })
        .map(({ key }) => key);
      await store.memories.update(first, { content: 'changed', emotion: 'null' }, { now: '2026-12-01T00:00:00.000Z' });
      await store.memories.setPinned(first, true, '2026-12-01T00:00:01.000Z');
      await store.memories.softDelete([second], '2026-12-01T00:00:02.000Z');
      await store.memories.create(
        draft('---\nno: front matter\n---\r\n\n#heading \n\n', {
          tags: ['2024', 'true', '1.10', 'a: b', '- c', '"quoted"', 'null', '~', '#tag', '日本語'],
          emotion: 'joy: calm',
          environment: 'line\nline\ttab',
          importance: 0.1,
        }),
      );
    });
    expect(await exportNotes(from, notes, '--deleted')).toMatchObject({
      memories: 201,
      written: 201,
      unchanged: 0,
      others: 0,
    });
    expect(await importReport(to, notes)).toMatchObject({ format: 'markdown', found: 201, new: 201, skipped: 0 });
    expect(comparable(await contentsOf(to))).toEqual(comparable(await contentsOf(from)));
    expect(await importReport(from, notes)).toMatchObject({ new: 0, updated: 0, duplicate: 201, skipped: 0 });
  });

  it('writes private files with plain front matter above the text', async () => {
    const { notes, names } = await notesOf('苺のアレルギーがある');
    expect(names).toEqual(['memory_20261124093000.md']);
    const path = join(notes, 'memory_20261124093000.md');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toBe(`---
memory_mcp: 1
key: memory_20261124093000
created_at: 2026-11-24T00:30:00.000Z
updated_at: 2026-11-24T00:30:00.000Z
source: tests
version: 1
pinned: false
access_count: 0
tags: []
importance: 0.5
---

苺のアレルギーがある
`);
  });

  it('makes safe and different file names of any keys', async () => {
    const [data, to, notes] = [testFolder(), testFolder(), join(testFolder(), 'notes')];
    const keys = [
      '../../escape',
      'CON',
      'note',
      'Note',
      'NOTE',
      'a/b',
      'a:b',
      '.hidden',
      '-rf',
      '苺',
      'é',
      'e\u0301',
      'x'.repeat(200),
      '苺'.repeat(200),
      ' ',
      '[[link]]',
      'end.',
      'tab\tkey',
    ];
    const file = join(testFolder(), 'keys.jsonl');
    writeFileSync(file, keys.map((key, at) => JSON.stringify({ content: `fact ${at}`, key })).join('\n'));
    await importReport(data, file);
    await exportNotes(data, notes);
    const names = readdirSync(notes);
    expect(new Set(names.map((name) => name.normalize('NFD').toLowerCase())).size).toBe(keys.length);
    for (const name of names) expect(name).toMatch(/^[\p{L}\p{N}][\p{L}\p{M}\p{N}_-]*\.md$/u);
    expect(names).toContain('note.md');
    expect(names.some((name) => name.startsWith('苺-'))).toBe(true);
    expect(Math.max(...names.map((name) => Buffer.byteLength(name)))).toBeLessThan(200);
    await importReport(to, notes);
    expect((await contentsOf(to)).map(({ key }) => key).sort()).toEqual([...keys].sort());
  });

  it('writes again what is new, and leaves what has not changed', async () => {
    const { data, notes, names } = await notesOf('one', 'two');
    const path = join(notes, names[0] ?? '');
    utimesSync(path, 1, 1);
    await withStore(data, (store) => store.memories.create(draft('three')));
    expect(await exportNotes(data, notes)).toMatchObject({ memories: 3, written: 1, unchanged: 2, others: 0 });
    expect(statSync(path).mtimeMs).toBe(1_000);
  });

  it('replaces notes that differ only with --force, and counts those of memories that are gone', async () => {
    const { data, notes, names, edit } = await notesOf('one', 'two');
    edit(names[0] ?? '', (text) => text.replace('one', 'edited'));
    const before = readFileSync(join(notes, names[0] ?? ''), 'utf8');
    const { code, err } = await run(data, 'export', '--format', 'markdown', '--out', notes);
    expect({ code, err }).toMatchObject({
      code: 3,
      err: expect.stringContaining('One note there was edited since the export'),
    });
    expect(readFileSync(join(notes, names[0] ?? ''), 'utf8')).toBe(before);
    await withStore(data, (store) => store.erasure.erase([names[1]?.replace('.md', '') ?? '']));
    expect(await exportNotes(data, notes, '--force')).toMatchObject({ memories: 1, written: 1, others: 1 });
    expect(readFileSync(join(notes, names[0] ?? ''), 'utf8')).toContain('\n\none\n');
  });

  it('replaces notes of memories that were changed or read since, and of edits that were imported', async () => {
    const { data, notes, names, edit } = await notesOf('one', 'two', 'three');
    const [first = '', second = '', third = ''] = names;
    const keyOf = (name: string) => name.replace('.md', '');
    await withStore(data, (store) =>
      store.memories.update(keyOf(first), { content: 'one here' }, { now: '2026-12-01T00:00:00.000Z' }),
    );
    await succeed(data, 'call', 'memory_read', JSON.stringify({ keys: [keyOf(second)] }));
    edit(third, (text) => text.replace('\nthree\n', '\nthree there\n'));
    await importReport(data, notes);
    expect(await exportNotes(data, notes)).toMatchObject({ memories: 3, written: 3 });
    expect(readFileSync(join(notes, first), 'utf8')).toContain('\none here\n');
    expect(readFileSync(join(notes, third), 'utf8')).toMatch(/^version: 2$[\s\S]*\nthree there\n/m);
    edit(second, (text) => text.replace('tags: []', 'tags: []\naliases: [zwei]'));
    expect(await run(data, 'export', '--format', 'markdown', '--out', notes)).toMatchObject({
      code: 3,
      err: expect.stringContaining(second),
    });
  });

  it.each([
    ['a file of someone else', (path: string) => writeFileSync(path, '# My own note\n')],
    ['the note of another memory', (path: string) => writeFileSync(path, '---\nmemory_mcp: 1\nkey: other\n---\n\nx\n')],
    ['a folder', (path: string) => mkdirSync(path)],
    ['a link', (path: string) => symlinkSync('/etc/hostname', path)],
  ])('never replaces %s, also with --force, and writes nothing then', async (_, occupy) => {
    const { data, names } = await notesOf('one', 'two');
    const other = testFolder();
    occupy(join(other, names[1] ?? ''));
    const before = readdirSync(other);
    const { code, err } = await run(data, 'export', '--format', 'markdown', '--out', other, '--force');
    expect({ code, err }).toMatchObject({ code: 3, err: expect.stringContaining('is no note of this memory') });
    expect(readdirSync(other)).toEqual(before);
  });

  it('leaves other files of a folder alone, and takes no notice of them when it is imported', async () => {
    const { data, names } = await notesOf('one');
    const vault = testFolder();
    mkdirSync(join(vault, '.obsidian'));
    writeFileSync(join(vault, '.obsidian', 'app.json'), '{}');
    writeFileSync(join(vault, 'Diary.md'), '# Diary\n');
    await exportNotes(data, vault);
    expect(readdirSync(vault).sort()).toEqual(['.obsidian', 'Diary.md', ...names]);
    expect(readFileSync(join(vault, 'Diary.md'), 'utf8')).toBe('# Diary\n');
    expect(await importReport(testFolder(), vault)).toMatchObject({
      new: 1,
      skipped: 1,
      reasons: [{ reason: 'a file that is not in the format markdown', places: ['Diary.md'] }],
    });
  });

  it('needs a folder', async () => {
    const { data, notes, names } = await notesOf('one');
    expect(await run(data, 'export', '--format', 'markdown')).toMatchObject({
      code: 2,
      err: expect.stringContaining('it needs --out FOLDER'),
    });
    expect(await run(data, 'export', '--format', 'markdown', '--out', join(notes, names[0] ?? ''))).toMatchObject({
      code: 3,
      err: expect.stringContaining('is a file, and notes need a folder'),
    });
  });
});

describe('an edited note', () => {
  it('becomes a new version of its memory, and what was there stays as the earlier one', async () => {
    const { data, notes, names, edit } = await notesOf('one', 'two');
    edit(names[0] ?? '', (text) =>
      text
        .replace('\none\n', '\n一つ\n')
        .replace('tags: []', 'tags: [number, 2024, true]')
        .replace('importance: 0.5', 'importance: 0.9\nemotion: joy\naliases: [x]'),
    );
    expect(await importReport(data, notes)).toMatchObject({
      new: 0,
      updated: 1,
      duplicate: 1,
      ignored_fields: { aliases: 1 },
    });
    const [memory, other] = await contentsOf(data);
    expect(memory).toMatchObject({
      content: '一つ',
      tags: ['number', '2024', 'true'],
      importance: 0.9,
      emotion: 'joy',
      version: 2,
      versions: [{ version: 1, fields: { content: 'one', tags: [] } }],
    });
    expect(other).toMatchObject({ content: 'two', version: 1 });
    expect(await importReport(data, notes)).toMatchObject({ new: 0, updated: 0, duplicate: 2 });
  });

  it('keeps tags and texts without quotes as they were written', async () => {
    const { data, notes, names, edit } = await notesOf('one', 'two');
    edit(names[0] ?? '', (text) =>
      text
        .replace('tags: []', 'tags:\n  - 1.10\n  - 010\n  - 2024-01-01\n  - True\n  - 1_000\n  - .inf\n  - yes')
        .replace('importance: 0.5', 'importance: 0.80\nemotion: 1.0')
        .replace('pinned: false', 'pinned: True'),
    );
    edit(names[1] ?? '', (text) => text.replace('tags: []', 'tags: 1.10, v2,'));
    expect(await importReport(data, notes)).toMatchObject({ updated: 2 });
    expect(await contentsOf(data)).toMatchObject([
      {
        tags: ['1.10', '010', '2024-01-01', 'True', '1_000', '.inf', 'yes'],
        importance: 0.8,
        emotion: '1.0',
        pinned: true,
      },
      { tags: ['1.10', 'v2'] },
    ]);
  });

  it('has times without an offset in the configured time zone', async () => {
    const { data, notes, names, edit } = await notesOf('one');
    // In Tokyo, where the tests are.
    edit(names[0] ?? '', (text) =>
      text.replace('created_at: 2026-11-24T00:30:00.000Z', 'created_at: 2026-11-24 09:30'),
    );
    expect(await importReport(data, notes)).toMatchObject({ new: 0, updated: 0, duplicate: 1 });
    edit(names[0] ?? '', (text) => text.replace('created_at: 2026-11-24 09:30', 'created_at: 2026-11-24 00:30'));
    expect(await importReport(data, notes)).toMatchObject({ new: 1 });
  });

  it('is taken over again when it is edited again, without another export', async () => {
    const { data, notes, names, edit } = await notesOf('one');
    edit(names[0] ?? '', (text) => text.replace('\none\n', '\ntwo\n'));
    await importReport(data, notes);
    edit(names[0] ?? '', (text) => text.replace('\ntwo\n', '\nthree\n'));
    expect(await importReport(data, notes)).toMatchObject({ updated: 1 });
    expect(await contentsOf(data)).toMatchObject([{ content: 'three', version: 3 }]);
  });

  it('is not taken over if the memory was changed here too since, and an untouched note does not undo that change', async () => {
    const { data, notes, names, edit } = await notesOf('one', 'two');
    await withStore(data, async (store) => {
      for (const { key } of store.memories.list({ filter: live, order: 'oldest', limit: 2 })) {
        await store.memories.update(key, { content: `${key} here` }, { now: '2026-12-01T00:00:00.000Z' });
      }
    });
    const before = await contentsOf(data);
    edit(names[0] ?? '', (text) => text.replace('\none\n', '\nthere\n'));
    expect(await importReport(data, notes)).toMatchObject({
      updated: 0,
      duplicate: 1,
      skipped: 1,
      reasons: [{ reason: expect.stringContaining('changed here too'), places: [`${names[0]}, line 1`] }],
    });
    expect(await contentsOf(data)).toEqual(before);
  });

  it('is no edit if only line ends, a byte order mark or white space at the end changed', async () => {
    const { data, notes, names, edit } = await notesOf('one\n\ntwo lines', 'second');
    edit(names[0] ?? '', (text) => `\ufeff${text.replaceAll('\n', '\r\n')}\r\n`);
    writeFileSync(
      join(notes, names[1] ?? ''),
      Buffer.from(`\ufeff${readFileSync(join(notes, names[1] ?? ''), 'utf8')}`, 'utf16le'),
    );
    expect(await importReport(data, notes)).toMatchObject({ updated: 0, duplicate: 2 });
  });

  it('is skipped with the reason if it has no text or a value that no memory can have', async () => {
    const { data, notes, names, edit } = await notesOf('one', 'two');
    edit(names[0] ?? '', (text) => text.replace('\none\n', '\n \n'));
    edit(names[1] ?? '', (text) => text.replace('two', 'x'.repeat(100_001)));
    const { updated, reasons } = await importReport(data, notes);
    expect({ updated, reasons }).toMatchObject({
      updated: 0,
      reasons: [{ reason: 'it has no text' }, { reason: expect.stringContaining('content: ') }],
    });
    expect((await contentsOf(data)).map(({ content }) => content)).toEqual(['one', 'two']);
  });

  it.each([
    [
      'without an end of the front matter',
      (text: string) => text.replace(/\n---\n/, '\n'),
      'line 1: its front matter has no end',
    ],
    [
      'with a broken line',
      (text: string) => text.replace(/source: .*/, 'source: a: b'),
      ': its front matter is not YAML',
    ],
    [
      'with a field twice',
      (text: string) => text.replace('version: 1', 'version: 1\nversion: 2'),
      'line 8: its front matter is not YAML: duplicated mapping key',
    ],
    [
      'with a word for a number',
      (text: string) => text.replace('importance: 0.5', 'importance: high'),
      'importance: it must be a number',
    ],
    ['with a number out of range', (text: string) => text.replace('importance: 0.5', 'importance: 7'), 'importance: '],
    [
      'with a time that is none',
      (text: string) => text.replace(/created_at: .*/, 'created_at: yesterday'),
      'line 4: created_at: it must be a time',
    ],
    ['without its key', (text: string) => text.replace(/key: .*\n/, ''), 'key is missing'],
    [
      'with a word for true or false',
      (text: string) => text.replace('pinned: false', 'pinned: maybe'),
      'pinned: it must be true or false',
    ],
    [
      'with a group for the tags',
      (text: string) => text.replace('tags: []', 'tags: {a: b}'),
      'tags: it must be a list',
    ],
    ['of a later version', (text: string) => text.replace('memory_mcp: 1', 'memory_mcp: 2'), 'is version 2 of a note'],
  ])('is refused with its file and line %s, and nothing is taken over', async (_, damage, message) => {
    const { data, notes, names, edit } = await notesOf('one', 'two', 'three');
    edit(names[0] ?? '', (text) => text.replace('\none\n', '\nedited\n'));
    edit(names[2] ?? '', damage);
    const { code, err } = await run(data, 'import', notes);
    expect(code).not.toBe(0);
    expect(err).toContain(`"${names[2]}"`);
    expect(err).toContain(message);
    expect((await contentsOf(data)).map(({ content }) => content)).toEqual(['one', 'two', 'three']);
  });
});
