/** `backup` and `restore` of the built program, beside servers that write, processes that are killed and bad archives. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import type { Memory } from '../../src/core/memory.ts';
import { type MemoryStore, openMemoryStore } from '../../src/store/memory-store.ts';
import { killRuns, killsOf } from '../support/kills.ts';
import { runCommand } from '../support/run-command.ts';
import { draft, live, openTestStore, testFolder } from '../support/stores.ts';
import { repositoryRoot } from '../support/surroundings.ts';

const quiet = { MEMORY_MCP_EMBEDDINGS_MODEL: 'none', MEMORY_MCP_RERANKER_MODEL: 'none' };

/** MEMORY_MCP_TEST_KILLS=50 for a longer run. */
const { kills, timeout } = killsOf(10);

function run(dataFolder: string, ...args: string[]) {
  return runCommand(args, { env: { MEMORY_MCP_DATA_DIR: dataFolder, ...quiet } });
}

async function backUp(dataFolder: string, ...args: string[]) {
  const { out, err, code } = await run(dataFolder, 'backup', '--json', ...args);
  expect({ err, code }).toEqual({ err: '', code: 0 });
  return JSON.parse(out);
}

function databaseOf(dataFolder: string, persona: string): string {
  const folder = join(dataFolder, 'memory', persona);
  mkdirSync(folder, { recursive: true });
  return join(folder, 'memory.sqlite');
}

async function fill(dataFolder: string, persona: string, contents: readonly string[]): Promise<void> {
  const store = await openMemoryStore({ path: databaseOf(dataFolder, persona), persona, busyTimeout: 1_000 });
  for (const content of contents) await store.memories.create(draft(content));
  await store.close();
}

async function contentsOf(dataFolder: string, persona: string): Promise<string[]> {
  const store = await openTestStore(databaseOf(dataFolder, persona));
  const contents = listAll(store).map(({ content }) => content);
  await store.close();
  return contents.sort();
}

function listAll(store: MemoryStore): Memory[] {
  return store.memories.list({ filter: live, order: 'newest', limit: 100_000 });
}

function listArchive(archive: string): string[] {
  return spawnSync('tar', ['tzf', archive], { encoding: 'utf8' }).stdout.trim().split('\n').sort();
}

/** An archive with any entries, as somebody else could make it. */
async function makeArchive(
  path: string,
  entries: readonly { header: Parameters<ReturnType<typeof pack>['entry']>[0]; body?: string | Buffer }[],
) {
  const packed = pack();
  for (const { header, body } of entries) {
    if (body === undefined) packed.entry(header);
    else packed.entry(header, body);
  }
  packed.finalize();
  writeFileSync(path, gzipSync(await buffer(packed)));
}

describe('backup', () => {
  it('writes one private archive of all personas, without what is derived or secret', async () => {
    const data = testFolder();
    await fill(data, 'default', ['苺のアレルギーがある', 'The cat is called Miso']);
    await fill(data, '花子', ['京都に住んでいる']);
    writeFileSync(join(data, 'config.json'), '{}');
    mkdirSync(join(data, 'memory', 'default', 'vector_store'));
    writeFileSync(join(data, 'memory', 'default', 'vector_store', 'index.faiss'), 'vectors');
    mkdirSync(join(data, 'memory', 'default', 'original'));
    writeFileSync(join(data, 'memory', 'default', 'original', 'memory.sqlite'), 'of the original system');
    symlinkSync('/etc/passwd', join(data, 'memory', 'default', 'original', 'link'));

    const made = await backUp(data, '--verify');
    expect(made).toMatchObject({
      verified: true,
      removed: [],
      personas: [
        { name: 'default', memories: 2, deleted: 0, versions: 0 },
        { name: '花子', memories: 1, deleted: 0, versions: 0 },
      ],
    });
    expect(made.archive).toMatch(/backups\/memory-backup-\d{8}-\d{6}\.tar\.gz$/);
    expect(statSync(made.archive).mode & 0o777).toBe(0o600);
    expect(listArchive(made.archive)).toHaveLength(4);
    expect(readdirSync(join(data, 'backups'))).toEqual([made.archive.split('/').at(-1)]);
  });

  it('says in one line what is in the archive and what is not', async () => {
    const data = testFolder();
    await fill(data, 'default', ['one']);
    const { out } = await run(data, 'backup');
    expect(out).toMatch(
      /^\S+memory-backup-\d{8}-\d{6}\.tar\.gz: 1 persona, 1 memory, 0\.\d MB; without configuration, tokens, models, logs and index files\n$/,
    );
  });

  it('keeps the newest archives of its data folder, and those of others', async () => {
    const [data, other, out] = [testFolder(), testFolder(), testFolder()];
    await fill(data, 'default', ['ours']);
    await fill(other, 'default', ['theirs']);
    writeFileSync(join(out, 'memory-backup-20200101-000000.tar.gz'), 'not an archive');
    const theirs = await backUp(other, '--out', out);
    const single = await backUp(data, '--out', out, '--persona', 'default');
    const first = await backUp(data, '--out', out, '--keep', '2');
    const second = await backUp(data, '--out', out, '--keep', '2');
    const third = await backUp(data, '--out', out, '--keep', '2');
    const name = ({ archive }: { archive: string }) => archive.split('/').at(-1) ?? '';
    expect([first.removed, second.removed, third.removed]).toEqual([[], [], [name(first)]]);
    expect(readdirSync(out).sort()).toEqual(
      ['memory-backup-20200101-000000.tar.gz', ...[theirs, single, second, third].map(name)].sort(),
    );
  });

  it.each([
    [['--keep', '0'], 2, /--keep must be a whole number of at least 1, not "0"/],
    [['--persona', 'nobody'], 1, /There is no persona "nobody" in .*There is: default/s],
    [['--out', '/etc/hostname'], 1, /could not be written to \/etc\/hostname/],
    [['--out', '/proc/nowhere'], 1, /could not be written to \/proc\/nowhere.*No archive was created/s],
  ])('refuses %j', async (args, exitCode, message) => {
    const data = testFolder();
    await fill(data, 'default', ['one']);
    const { err, code } = await run(data, 'backup', ...args);
    expect(err).toMatch(message);
    expect(code).toBe(exitCode);
  });

  it('says that there is nothing to back up', async () => {
    const { err, code } = await run(testFolder(), 'backup');
    expect(err).toMatch(/There is no persona in/);
    expect(code).toBe(1);
  });

  it('contains everything that was acknowledged before it began, while another process writes at full speed', async () => {
    const data = testFolder();
    await fill(data, 'default', ['zero']);
    const writer = startWriter(databaseOf(data, 'default'), 100_000);
    try {
      for (let round = 0; round < 3; round++) {
        const before = await countMemories(databaseOf(data, 'default'));
        const { archive, personas } = await backUp(data, '--verify');
        expect(personas[0].memories).toBeGreaterThanOrEqual(before);
        const into = testFolder();
        expect((await run(into, 'restore', archive)).code).toBe(0);
        const restored = (await contentsOf(into, 'default')).filter((content) => content !== 'zero');
        // The writer numbers its memories: a state that existed has no gap.
        const numbers = restored.map((content) => Number(/\d+$/.exec(content)?.[0])).sort((a, b) => a - b);
        expect(numbers).toEqual(Array.from(numbers, (_, index) => index));
      }
      expect(await countMemories(databaseOf(data, 'default'))).toBeGreaterThan(10);
    } finally {
      writer.kill('SIGKILL');
    }
  });

  it('leaves no archive when it is killed, and the next one removes its remains', { timeout }, async () => {
    const data = testFolder();
    await fill(
      data,
      'default',
      Array.from({ length: 300 }, (_, index) => `memory ${index} ${'x'.repeat(5_000)}`),
    );
    const checked = new Set<string>();
    const command = ['backup', '--verify'];
    await killRuns({
      dataDir: data,
      kills,
      whole: command,
      command: () => command,
      check: async () => {
        for (const name of archives(data).filter((found) => !checked.has(found))) {
          const { code } = await run(testFolder(), 'restore', join(data, 'backups', name));
          expect(code).toBe(0);
          checked.add(name);
        }
      },
    });
    await backUp(data);
    expect(readdirSync(join(data, 'backups')).filter((name) => !name.endsWith('.tar.gz'))).toEqual([]);
  });
});

describe('restore', () => {
  it('puts a persona in place in an empty data folder', async () => {
    const [data, into] = [testFolder(), testFolder()];
    await fill(data, 'default', ['苺のアレルギーがある', 'The cat is called Miso']);
    const { archive } = await backUp(data);
    const { out, code } = await run(into, 'restore', archive);
    expect({ out, code }).toEqual({ out: 'default: 2 memories restored\n', code: 0 });
    expect(await contentsOf(into, 'default')).toEqual(await contentsOf(data, 'default'));
    expect(readdirSync(into).sort()).toEqual(['memory']);
    const found = await run(into, 'call', 'memory_search', '{"query":"苺"}');
    expect(JSON.parse(found.out)).toMatchObject({ results: [{ content: '苺のアレルギーがある' }] });
  });

  it('takes the name alone of an archive in the folder for backups, and says what is there', async () => {
    const data = testFolder();
    await fill(data, 'default', ['one']);
    expect((await run(data, 'restore', 'memory-backup-20200101-000000.tar.gz')).err).toMatch(
      /does not exist\nBackups are in .*There is none/,
    );
    const { archive } = await backUp(data);
    const [folder, name] = [join(data, 'backups'), archive.split('/').at(-1)];
    expect(await run(data, 'restore', name, '--persona', 'default', '--as', 'other')).toMatchObject({ code: 0 });
    expect((await run(data, 'restore', 'memory-backup-20200101-000000.tar.gz')).err).toContain(
      `The newest there is ${name}`,
    );
    const { err, code } = await run(data, 'restore', folder);
    expect({ err, code }).toEqual({
      err: expect.stringContaining(`is a folder, and restore needs an archive\nThe newest in it is ${archive}`),
      code: 2,
    });
  });

  it('refuses to replace a persona, unless it is told to, and then keeps what was there', async () => {
    const data = testFolder();
    await fill(data, 'default', ['old']);
    const { archive } = await backUp(data);
    await fill(data, 'default', ['newer']);
    const refused = await run(data, 'restore', archive);
    expect(refused).toMatchObject({ code: 3, err: expect.stringContaining('exist already: default') });
    expect(await contentsOf(data, 'default')).toEqual(['newer', 'old']);

    const dry = await run(data, 'restore', archive, '--force', '--dry-run');
    expect(dry).toMatchObject({ code: 0, out: expect.stringContaining('would be restored') });
    expect(await contentsOf(data, 'default')).toEqual(['newer', 'old']);

    const done = JSON.parse((await run(data, 'restore', archive, '--force', '--json')).out);
    expect(await contentsOf(data, 'default')).toEqual(['old']);
    const kept = await openTestStore(join(done.personas[0].kept, 'memory.sqlite'));
    expect(
      listAll(kept)
        .map(({ content }) => content)
        .sort(),
    ).toEqual(['newer', 'old']);
  });

  it('restores beside what is there under another name', async () => {
    const data = testFolder();
    await fill(data, 'default', ['old']);
    const { archive } = await backUp(data);
    expect((await run(data, 'restore', archive, '--persona', 'default', '--as', 'former')).code).toBe(0);
    expect(await contentsOf(data, 'former')).toEqual(['old']);
  });

  it('refuses while another process has the persona open', async () => {
    const data = testFolder();
    await fill(data, 'default', ['old']);
    const { archive } = await backUp(data);
    const open = await openTestStore(databaseOf(data, 'default'));
    const { err, code } = await run(data, 'restore', archive, '--force');
    expect({ err, code }).toEqual({ err: expect.stringContaining('is open in another program'), code: 1 });
    await open.memories.create(draft('written afterwards'));
    await open.close();
    expect(await contentsOf(data, 'default')).toEqual(['old', 'written afterwards']);
  });

  it('replaces a database that is damaged', async () => {
    const data = testFolder();
    await fill(data, 'default', ['old']);
    const { archive } = await backUp(data);
    const bytes = readFileSync(databaseOf(data, 'default'));
    writeFileSync(databaseOf(data, 'default'), Buffer.concat([bytes.subarray(0, 100), Buffer.alloc(8_000, 7)]));
    expect(await run(data, 'restore', archive, '--force')).toMatchObject({ code: 0 });
    expect(await contentsOf(data, 'default')).toEqual(['old']);
  });

  it('leaves the old persona or the restored one when it is killed', { timeout }, async () => {
    const data = testFolder();
    const old = Array.from({ length: 200 }, (_, index) => `memory ${index} ${'x'.repeat(3_000)}`);
    await fill(data, 'default', old);
    const { archive } = await backUp(data);
    await fill(data, 'default', ['newer']);
    const command = ['restore', archive, '--force'];
    await killRuns({
      dataDir: data,
      kills,
      whole: command,
      command: async () => {
        await fill(data, 'default', ['newer']);
        return command;
      },
      check: async () => {
        const found = await contentsOf(data, 'default');
        expect(found.filter((content) => content !== 'newer')).toHaveLength(old.length);
      },
    });
    expect((await run(data, 'restore', archive, '--force')).code).toBe(0);
    expect(readdirSync(data).sort()).toEqual(['backups', 'data-folder-id', 'memory']);
  });
});

describe('a damaged or hostile archive', () => {
  async function refuse(archive: string, message: RegExp) {
    const into = testFolder();
    const { err, code } = await run(into, 'restore', archive);
    expect(err).toMatch(message);
    expect([1, 3]).toContain(code);
    expect(readdirSync(into)).toEqual([]);
    return err;
  }

  it('is refused wherever it is cut off or changed', { timeout: 180_000 }, async () => {
    const data = testFolder();
    await fill(data, 'default', ['one', 'two']);
    const { archive } = await backUp(data);
    const bytes = readFileSync(archive);
    const bad = join(testFolder(), 'bad.tar.gz');
    for (const length of [0, 5, 100, Math.floor(bytes.length / 2), bytes.length - 9]) {
      writeFileSync(bad, bytes.subarray(0, length));
      await refuse(bad, /cannot be read as a backup|is damaged|is empty/);
    }
    const plain = gunzipSync(bytes);
    for (let step = 1; step < 10; step++) {
      const changed = Buffer.from(plain);
      const at = Math.floor((plain.length / 10) * step);
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      writeFileSync(bad, gzipSync(changed));
      const { code } = await run(testFolder(), 'restore', bad);
      // Padding carries nothing.
      if (code !== 0) await refuse(bad, /damaged|cannot be read|manifest/);
    }
  });

  const manifest = (changes: object) =>
    JSON.stringify({
      format: 'memory-mcp backup',
      format_version: 1,
      data_folder: 'x',
      created_at: '2026-11-27T00:00:00.000Z',
      memory_mcp: '0.0.0',
      selection: null,
      personas: [{ name: 'default', store_id: 'x', schema_version: 1, memories: 0, deleted: 0, versions: 0 }],
      files: [],
      ...changes,
    });
  const hash = '0'.repeat(64);

  it.each([
    [
      'names that leave the folder',
      { files: [{ path: 'memory/default/../../evil', bytes: 1, sha256: hash }] },
      /leaves its folder/,
    ],
    ['absolute names', { files: [{ path: '/etc/evil', bytes: 1, sha256: hash }] }, /it is absolute/],
    [
      'files that are not of a persona',
      { files: [{ path: 'config.json', bytes: 1, sha256: hash }] },
      /not a file of a persona/,
    ],
    [
      'personas with such names',
      { personas: [{ name: '../evil', store_id: 'x', schema_version: 1, memories: 0, deleted: 0, versions: 0 }] },
      /is not allowed/,
    ],
    ['a newer format', { format_version: 2 }, /by memory-mcp "0\.0\.0" in format 2; this version reads format 1/],
    [
      'a persona of a newer version',
      { personas: [{ name: 'default', store_id: 'x', schema_version: 99, memories: 0, deleted: 0, versions: 0 }] },
      /by a newer version of memory-mcp \(schema 99;/,
    ],
    [
      'more than the disk has room for',
      { files: [{ path: 'memory/default/memory.sqlite', bytes: 2 ** 52, sha256: hash }] },
      /needs .* MB, and/,
    ],
    [
      'files that are not there',
      { files: [{ path: 'memory/default/memory.sqlite', bytes: 1, sha256: hash }] },
      /memory\.sqlite is missing/,
    ],
  ])('is refused if its manifest lists %s', async (_, changes, message) => {
    const archive = join(testFolder(), 'bad.tar.gz');
    await makeArchive(archive, [{ header: { name: 'manifest.json' }, body: manifest(changes) }]);
    await refuse(archive, message);
  });

  it.each([
    [
      'a link',
      { name: 'memory/default/memory.sqlite', type: 'symlink', linkname: '/etc/passwd' } as const,
      undefined,
      /which is not a file \(symlink\)/,
    ],
    ['a folder', { name: 'memory', type: 'directory' } as const, undefined, /which is not a file \(directory\)/],
    ['a file that is not listed', { name: '../evil' }, 'x', /does not list/],
  ])('is refused if it contains %s', async (_, header, body, message) => {
    const archive = join(testFolder(), 'bad.tar.gz');
    await makeArchive(archive, [
      { header: { name: 'manifest.json' }, body: manifest({}) },
      { header, ...(body !== undefined && { body }) },
    ]);
    await refuse(archive, message);
  });

  it('cannot fill the memory with a header', async () => {
    const archive = join(testFolder(), 'bomb.tar.gz');
    await makeArchive(archive, [
      { header: { name: 'manifest.json', pax: { comment: '1'.repeat(100 * 2 ** 20) } }, body: manifest({}) },
    ]);
    await refuse(archive, /cannot be read as a backup \(Header exceeds max size\)/);
  });

  it('is not read on after its last file', async () => {
    const archive = join(testFolder(), 'bomb.tar.gz');
    await makeArchive(archive, [{ header: { name: 'manifest.json' }, body: manifest({}) }]);
    writeFileSync(archive, gzipSync(Buffer.concat([gunzipSync(readFileSync(archive)), Buffer.alloc(50 * 2 ** 20)])));
    await refuse(archive, /holds more data than its headers say/);
  });
});

function archives(data: string): string[] {
  const folder = join(data, 'backups');
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.tar.gz')) : [];
}

function startWriter(path: string, count: number): ChildProcess {
  const script = join(repositoryRoot, 'test', 'support', 'store-writer.ts');
  const writer = spawn(process.execPath, ['--import', 'tsx', script, path, 'writer', String(count)], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  writer.stdin?.end();
  return writer;
}

async function countMemories(path: string): Promise<number> {
  const store = await openTestStore(path);
  const count = store.memories.count(live);
  await store.close();
  return count;
}
