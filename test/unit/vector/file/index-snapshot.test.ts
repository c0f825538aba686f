import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogFields, Logger } from '../../../../src/core/logger.ts';
import type { VectorChange } from '../../../../src/core/vector.ts';
import { unitVector } from '../../../../src/core/vector.ts';
import { openFlatIndex } from '../../../../src/vector/flat-index.ts';
import type { SnapshotPlace } from '../../../../src/vector/vector-index.ts';

const space = { id: 'snapshot@1', dimensions: 4 };
const payloadEnd = 82 + 3 * 4 * 4 + 8 + 3 * 8;
let folder: string;
let place: SnapshotPlace;
let warnings: { message: string; fields: LogFields | undefined }[];
let logger: Logger;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'memory-mcp-snapshot-'));
  place = { file: join(folder, 'vector_store', 'index.faiss'), epoch: 'epoch-1', tagOf: (at) => `tag-${at}` };
  warnings = [];
  logger = {
    debug: () => {},
    info: () => {},
    warn: (message, fields) => warnings.push({ message, fields }),
    error: () => {},
  };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function open(changes: Partial<SnapshotPlace> = {}, ownSpace = space) {
  return openFlatIndex({ space: ownSpace, logger, snapshot: { ...place, ...changes } });
}

function put(id: number): VectorChange {
  const vector = unitVector([id, 1, 2, 3], 4);
  const key = `memory_${id}`;
  const at = '2026-01-01T00:00:00.000Z';
  const memory = {
    id,
    key,
    content: '',
    tags: [],
    importance: 0.5,
    created_at: at,
    updated_at: at,
    version: 1,
    source: 'test',
    pinned: false,
    access_count: 0,
  };
  return { op: 'put', id, key, chunk: 0, vector, memory };
}

/** What the owner of an index does with one that says generation 0. */
async function rebuilt(index: Awaited<ReturnType<typeof open>>) {
  await index.reset();
  await index.apply([put(1), put(2), put(3)], 3);
  await index.flush();
  return index;
}

async function writeGoodFile(): Promise<void> {
  const index = await rebuilt(await open());
  await index.close();
}

async function foundBy(index: Awaited<ReturnType<typeof open>>): Promise<number[]> {
  return (await index.nearest(unitVector([3, 1, 2, 3], 4), 10)).map(({ id }) => id);
}

async function expectRebuildWithOneWarning(reason: RegExp, changes: Partial<SnapshotPlace> = {}): Promise<void> {
  const index = await open(changes);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]?.fields?.reason).toMatch(reason);
  expect(warnings[0]?.fields?.file).toBe(place.file);
  expect(await index.appliedGeneration()).toBe(0);
  expect(await index.size()).toBe(0);
  await rebuilt(index);
  expect(await foundBy(index)).toEqual([3, 2, 1]);
  await index.close();

  const again = await open(changes);
  expect(await foundBy(again)).toEqual([3, 2, 1]);
  expect(await again.appliedGeneration()).toBe(3);
  expect(warnings).toHaveLength(1);
  await again.close();
}

describe('index.faiss', () => {
  it('is used without a warning if it fits', async () => {
    await writeGoodFile();
    const index = await open();
    expect(await index.appliedGeneration()).toBe(3);
    expect(await foundBy(index)).toEqual([3, 2, 1]);
    expect(warnings).toEqual([]);
  });

  it('is missing without a word', async () => {
    const index = await open();
    expect(await index.appliedGeneration()).toBe(0);
    expect(warnings).toEqual([]);
    await writeGoodFile();
    await rm(dirname(place.file), { recursive: true });
    expect(await (await open()).size()).toBe(0);
    expect(warnings).toEqual([]);
  });

  it('is not made for an index that never held anything', async () => {
    const index = await open();
    await index.flush();
    await index.close();
    expect(await readdir(folder)).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('is readable by its owner alone', async () => {
    await writeGoodFile();
    expect((await stat(place.file)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(place.file))).mode & 0o777).toBe(0o700);
  });

  it.each(
    [0, 1, 4, 36, 37, 73, 74, 81, 82, 83, payloadEnd - 33, payloadEnd - 1, payloadEnd, payloadEnd + 1, -60, -5, -1].map(
      (length) => [length] as const,
    ),
  )('is built again when it was cut to %i bytes', async (length) => {
    await writeGoodFile();
    const { size } = await stat(place.file);
    await truncate(place.file, length < 0 ? size + length : length);
    await expectRebuildWithOneWarning(/ends|needs|trailer|type/);
  });

  it('is built again whichever byte is flipped', async () => {
    await writeGoodFile();
    const good = await readFile(place.file);
    const indifferent: number[] = [];
    for (let at = 0; at < good.length; at++) {
      warnings = [];
      const bad = Buffer.from(good);
      bad.writeUInt8(bad.readUInt8(at) ^ 0x10, at);
      await writeFile(place.file, bad);
      const index = await open();
      if (warnings.length !== 1 || (await index.size()) !== 0) indifferent.push(at);
      await index.close();
    }
    expect(indifferent).toEqual([]);
  });

  it('is built again when it is all zeros, or larger than before', async () => {
    await writeGoodFile();
    const good = await readFile(place.file);
    await writeFile(place.file, Buffer.alloc(good.length));
    await expectRebuildWithOneWarning(/type|size/);
    warnings = [];
    await writeFile(place.file, Buffer.concat([good, Buffer.alloc(10)]));
    await expectRebuildWithOneWarning(/length/);
  });

  it('is built again when FAISS wrote it, without a trailer', async () => {
    await writeGoodFile();
    await truncate(place.file, payloadEnd);
    await expectRebuildWithOneWarning(/no trailer/);
  });

  it('is built again when a later program wrote its trailer', async () => {
    await writeGoodFile();
    const bytes = await readFile(place.file);
    bytes.writeUInt16LE(2, payloadEnd + 8);
    await writeFile(place.file, bytes);
    await expectRebuildWithOneWarning(/version 2/);
  });

  it('is built again for another store', async () => {
    await writeGoodFile();
    await expectRebuildWithOneWarning(/another store/, { epoch: 'epoch-2' });
  });

  it('is built again where the change log has another tag for its generation, or none', async () => {
    await writeGoodFile();
    await expectRebuildWithOneWarning(/change log/, { tagOf: (at) => `other-${at}` });
    warnings = [];
    await writeGoodFile();
    warnings = [];
    const index = await open({ tagOf: () => undefined });
    expect(warnings).toHaveLength(1);
    expect(await index.size()).toBe(0);
  });

  it('is built again for another model, of the same width or not', async () => {
    await writeGoodFile();
    for (const other of [
      { id: 'snapshot@2', dimensions: 4 },
      { id: 'snapshot@1', dimensions: 5 },
    ]) {
      warnings = [];
      const index = await open({}, other);
      expect(await index.size()).toBe(0);
      expect(warnings[0]?.fields?.reason).toMatch(/another model/);
      await index.close();
    }
  });

  it('is built again where a folder or an unreadable file is in its place', async () => {
    await mkdir(place.file, { recursive: true });
    const index = await open();
    expect(await index.size()).toBe(0);
    expect(warnings).toHaveLength(1);
  });

  it('is not written again while it shows what the index holds', async () => {
    await writeGoodFile();
    const before = await stat(place.file, { bigint: true });
    const index = await open();
    await index.flush();
    expect((await stat(place.file, { bigint: true })).ino).toBe(before.ino);
    await rm(place.file);
    await index.flush();
    expect((await readFile(place.file)).length).toBe(Number(before.size));
  });

  it('is written again by a rebuild, though it says the same state', async () => {
    await writeGoodFile();
    const index = await open();
    const bytes = await readFile(place.file);
    bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
    await writeFile(place.file, bytes);
    await rebuilt(index);
    await index.close();
    expect(await (await open()).appliedGeneration()).toBe(3);
    expect(warnings).toEqual([]);
  });

  it('is left alone by an index that knows less than it shows', async () => {
    const early = await open();
    await writeGoodFile();
    await early.apply([put(9)], 2);
    await early.flush();
    const shown = await open();
    expect(await shown.appliedGeneration()).toBe(3);
    expect(await foundBy(shown)).toEqual([3, 2, 1]);
  });

  it('is replaced if the change log does not know its later state, as after restoring an old copy of the database', async () => {
    const index = await open();
    await index.apply([put(1), put(2)], 500);
    await index.flush();
    await index.close();
    const older = await open({ tagOf: (at) => (at <= 3 ? `restored-${at}` : undefined) });
    expect(warnings).toHaveLength(1);
    await rebuilt(older);
    await older.close();
    const again = await open({ tagOf: (at) => (at <= 3 ? `restored-${at}` : undefined) });
    expect(await again.appliedGeneration()).toBe(3);
    expect(await foundBy(again)).toEqual([3, 2, 1]);
  });

  it('is not written for a generation that the change log has forgotten', async () => {
    const index = await open({ tagOf: () => undefined });
    await index.apply([put(1)], 7);
    await index.flush();
    expect(await readdir(folder)).toEqual([]);
  });

  it('that cannot be written is an error that names it, and leaves nothing behind', async () => {
    const index = await open();
    await index.apply([put(1)], 1);
    await mkdir(join(place.file, 'in-the-way'), { recursive: true });
    await expect(index.flush()).rejects.toMatchObject({
      code: 'backend_unavailable',
      message: expect.stringContaining(place.file),
      hint: expect.stringContaining('No memory is lost'),
    });
    expect(await readdir(dirname(place.file))).toEqual(['index.faiss']);
    await rm(place.file, { recursive: true });
    await index.flush();
    expect((await stat(place.file)).isFile()).toBe(true);
  });

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'that cannot be written for lack of permission is an error too',
    async () => {
      const index = await open();
      await index.apply([put(1)], 1);
      await chmod(folder, 0o500);
      await expect(index.flush()).rejects.toMatchObject({ code: 'backend_unavailable' });
      await chmod(folder, 0o700);
    },
  );
});
