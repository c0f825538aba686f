/**
 * The vector index of a workspace follows the truth: own writes, other connections' writes, crashes, damaged files.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import { openFlatIndex } from '../../../src/vector/flat-index.ts';
import { createHashEmbedder } from '../../support/hash-embedder.ts';
import { openTestWorkspace, type TestWorkspace } from '../../support/workspace.ts';

let dataFolder: string;
const opened: TestWorkspace[] = [];

beforeEach(() => {
  dataFolder = mkdtempSync(join(tmpdir(), 'memory-mcp-projection-'));
});

afterEach(async () => {
  for (const workspace of opened.splice(0)) await workspace.close();
  rmSync(dataFolder, { recursive: true, force: true });
});

async function open(name = 'one', embedder = createHashEmbedder()): Promise<TestWorkspace> {
  const workspace = await openTestWorkspace({ dataFolder, embedder, process: name });
  opened.push(workspace);
  return workspace;
}

const texts = ['京都で犬を飼い始めた', '苺のアレルギーがある', 'The meeting moved to Thursday', '引っ越しは来年の春'];

describe('the vector index of a workspace', () => {
  it('finds a memory as soon as it is written', async () => {
    const workspace = await open();
    const memory = await workspace.add('京都で犬を飼い始めた');
    expect(await workspace.nearest('京都の犬')).toEqual([memory.key]);
  });

  it('holds what another connection wrote before the next search', async () => {
    const [reader, writer] = [await open('reader'), await open('writer')];
    await writer.add('苺のアレルギーがある');
    expect(await reader.nearest('苺')).toHaveLength(1);
    const second = await writer.add('京都で犬を飼い始めた');
    expect((await reader.nearest('京都で犬'))[0]).toBe(second.key);
  });

  it('no longer holds what another connection changed or erased', async () => {
    const [reader, writer] = [await open('reader'), await open('writer')];
    const kept = await writer.add('苺のアレルギーがある');
    const erased = await writer.add('京都で犬を飼い始めた');
    expect(await reader.nearest('京都の犬', 10)).toHaveLength(2);
    await writer.store.erasure.erase([erased.key]);
    expect(await reader.nearest('京都の犬', 10)).toEqual([kept.key]);
    await writer.store.memories.update(kept.key, { content: '桃は平気' }, { now: new Date().toISOString() });
    expect(await reader.nearest('苺', 10)).toEqual([]);
  });

  it('opens from its file and catches up with what came after the snapshot', async () => {
    const first = await open();
    for (const text of texts.slice(0, 3)) await first.add(text);
    await first.nearest('犬');
    await first.indexSync.snapshot('now');
    const late = await first.add(texts[3] ?? '');

    const second = await open('two');
    expect((await second.nearest('引っ越しは来年'))[0]).toBe(late.key);
    expect(await second.nearest('x', 10)).toHaveLength(4);
    expect(second.warnings).toEqual([]);
  });

  const damages: Record<string, (file: string) => void> = {
    truncated: (file) => truncateSync(file, 40),
    zeroed: (file) => writeFileSync(file, Buffer.alloc(4_096)),
    foreign: (file) => writeFileSync(file, 'not an index'),
    'with a flipped byte': (file) => {
      const bytes = readFileSync(file);
      bytes[90] = (bytes[90] ?? 0) ^ 0xff;
      writeFileSync(file, bytes);
    },
  };

  for (const [damage, apply] of Object.entries(damages)) {
    it(`answers as before when its file is ${damage}, warns once, and leaves a good file`, async () => {
      const first = await open();
      for (const text of texts) await first.add(text);
      const before = await first.nearest('犬を飼う', 4);
      await first.close();
      apply(first.paths.vectorIndex);

      const second = await open('two');
      expect(await second.nearest('犬を飼う', 4)).toEqual(before);
      expect(second.warnings).toHaveLength(1);
      await second.close();

      const third = await open('three');
      expect(await third.nearest('犬を飼う', 4)).toEqual(before);
      expect(third.warnings).toEqual([]);
    });
  }

  it('answers without its file, and writes it again', async () => {
    const first = await open();
    for (const text of texts) await first.add(text);
    const before = await first.nearest('犬', 4);
    await first.close();
    rmSync(first.paths.vectorIndex);

    const second = await open('two');
    expect(await second.nearest('犬', 4)).toEqual(before);
    await second.close();
    expect(existsSync(first.paths.vectorIndex)).toBe(true);
    expect(second.warnings).toEqual([]);
  });

  it('is rebuilt when an older database takes the place of the one it was made from', async () => {
    const first = await open();
    await first.add('京都で犬を飼い始めた');
    await first.close();
    const older = readFileSync(first.paths.database);

    const second = await open('two');
    await second.add('苺のアレルギーがある');
    await second.nearest('苺');
    await second.close();
    writeFileSync(first.paths.database, older);

    const third = await open('three');
    const other = await third.add('引っ越しは来年の春');
    expect(await third.nearest('引っ越し', 10)).toHaveLength(2);
    expect((await third.nearest('引っ越しは来年の春'))[0]).toBe(other.key);
  });

  it('is opened once for all first searches', async () => {
    const first = await open();
    for (const text of texts) await first.add(text);
    await first.close();
    let opens = 0;
    const workspace = await openTestWorkspace({
      dataFolder,
      embedder: createHashEmbedder(),
      index: {
        openIndex: (space, snapshot) => {
          opens++;
          return openFlatIndex({ space, snapshot, logger: silentLogger });
        },
      },
    });
    opened.push(workspace);
    const found = await Promise.all(texts.map((text) => workspace.nearest(text, 1)));
    expect(new Set(found.flat()).size).toBe(texts.length);
    expect(opens).toBe(1);
  });

  it('holds what another process writes while it is compared with the database', async () => {
    const other = await open('other');
    await other.add('京都で犬を飼い始めた');
    let late: string | undefined;
    const workspace = await openTestWorkspace({
      dataFolder,
      embedder: createHashEmbedder(),
      process: 'comparing',
      index: {
        openIndex: async (space, snapshot) => {
          const index = await openFlatIndex({ space, snapshot, logger: silentLogger });
          const fingerprint = index.fingerprint.bind(index);
          index.fingerprint = async () => {
            const held = await fingerprint();
            late ??= (await other.add('苺のアレルギーがある')).key;
            return held;
          };
          return index;
        },
      },
    });
    opened.push(workspace);
    expect((await workspace.nearest('苺のアレルギーがある'))[0]).toBe(late);
    expect(workspace.warnings).toEqual([]);
  });

  it('does not hold what another process erases while it is being rebuilt', async () => {
    const other = await open('other');
    const erased = await other.add('京都で犬を飼い始めた');
    const kept = await other.add('苺のアレルギーがある');
    let erasing = false;
    const workspace = await openTestWorkspace({
      dataFolder,
      embedder: createHashEmbedder(),
      process: 'rebuilder',
      index: {
        openIndex: async (space, snapshot) => {
          const index = await openFlatIndex({ space, snapshot, logger: silentLogger });
          const apply = index.apply.bind(index);
          index.apply = async (changes, generation) => {
            if (erasing && changes.length > 0) {
              erasing = false;
              await other.store.erasure.erase([erased.key]);
            }
            await apply(changes, generation);
          };
          return index;
        },
      },
    });
    opened.push(workspace);
    expect(await workspace.nearest('京都の犬', 10)).toHaveLength(2);
    erasing = true;
    expect(await workspace.indexSync.rebuild()).toMatchObject({ vectors: 1, file_written: true });
    expect(await workspace.nearest('京都の犬', 10)).toEqual([kept.key]);
  });

  it('never writes a snapshot that lacks what another process has written', async () => {
    const [one, two] = [await open('one'), await open('two')];
    await one.add('京都で犬を飼い始めた');
    await one.nearest('犬');
    const erased = await two.add('苺のアレルギーがある');
    await two.nearest('苺');
    await two.indexSync.snapshot('now');
    await one.indexSync.snapshot('now');
    await two.store.erasure.erase([erased.key]);
    await two.nearest('苺');
    await two.indexSync.snapshot('now');
    await one.indexSync.snapshot('now');

    const third = await open('three');
    expect(await third.nearest('x', 10)).toHaveLength(1);
  });

  it('catches up with a thousand changes and more, in batches', async () => {
    const [reader, writer] = [await open('reader'), await open('writer')];
    await writer.add('the first');
    await reader.nearest('x');
    for (let number = 0; number < 1_010; number++) await writer.add(`memory number ${number}`);
    expect(await (await reader.indexSync.upToDate())?.size()).toBe(1_011);
    expect(existsSync(reader.paths.vectorIndex)).toBe(true);
  });

  it('does not try at every search to write a file that cannot be written', async () => {
    const [reader, writer] = [await open('reader'), await open('writer')];
    await writer.add('the first');
    await reader.nearest('x');
    mkdirSync(reader.paths.vectorIndex, { recursive: true });
    for (let number = 0; number < 1_010; number++) await writer.add(`memory number ${number}`);
    expect(await reader.nearest('memory number 1', 1)).toHaveLength(1);
    expect(reader.warnings).toEqual([expect.stringContaining('could not write index.faiss')]);
    for (let number = 0; number < 3; number++) {
      await writer.add(`another memory ${number}`);
      await reader.nearest('x');
    }
    expect(reader.warnings).toHaveLength(1);
    rmSync(reader.paths.vectorIndex, { recursive: true });
    expect(await reader.indexSync.snapshot('now')).toBe(true);
    expect(existsSync(reader.paths.vectorIndex)).toBe(true);
  });
});

describe('a memory whose text changes while its vector is made', () => {
  it('never gets the vector of the old text', async () => {
    let release = () => {};
    let held = true;
    const embedder = createHashEmbedder({
      beforeDocument: () =>
        held
          ? new Promise<void>((resolve) => {
              release = resolve;
            })
          : undefined,
    });
    const workspace = await open('one', embedder);
    const adding = workspace.add('京都で犬を飼い始めた');
    const { key } = await adding;
    await workspace.store.memories.update(key, { content: '大阪で猫を飼い始めた' }, { now: new Date().toISOString() });
    held = false;
    release();
    await expect.poll(() => workspace.nearest('大阪で猫を飼い始めた'), { timeout: 10_000 }).toEqual([key]);
    const vectors = workspace.store.vectors.ofMemories([1], { id: embedder.space()?.id ?? '', dimensions: 48 });
    const wanted = await embedder.embedDocument('大阪で猫を飼い始めた', { priority: 'background' });
    expect(vectors.map(({ vector }) => vector)).toEqual(wanted.vectors);
  });
});
