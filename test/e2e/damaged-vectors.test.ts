/**
 * Vectors that were damaged on disk, in the database or in index.faiss: searches go on, and what is broken is made again.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { dataPaths, personaPaths } from '../../src/config/paths.ts';
import { type Connection, openConnection } from '../../src/store/sqlite/connection.ts';
import { openFaissFile } from '../../src/vector/file/faiss-file.ts';
import { searchInFull, storedVectors, tinyModels, untilEmbedded } from '../support/model-servers.ts';
import { spawnServer, type TestServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const env = tinyModels({ MEMORY_MCP_RERANKER_MODEL: 'none' });
const texts = ['苺のアレルギーがある', '来年の春に引っ越す', 'The red bicycle is in the garage'];

/** The data folder of a server that has embedded three memories and has ended. */
async function embeddedStore(): Promise<{ dataDir: string; database: string; index: string }> {
  const server = await spawnServer({ env });
  for (const text of texts) await server.create(text);
  await untilEmbedded(server);
  await searchInFull(server, texts[0] ?? '');
  await server.close();
  const { database, vectorIndex } = personaPaths(dataPaths(server.dataDir), 'default');
  return { dataDir: server.dataDir, database, index: vectorIndex };
}

async function restart(dataDir: string): Promise<TestServer> {
  return spawnServer({ dataDir, env, args: ['--tools', 'full'] });
}

describe('a vector in the database', () => {
  it.each([
    ['holds NaN', (bytes: Buffer) => bytes.fill(0xff)],
    ['is zero', (bytes: Buffer) => bytes.fill(0)],
    ['is cut short', (bytes: Buffer) => bytes.subarray(0, 7)],
  ])('that %s ends no search, is named, and is embedded again', async (_which, damage) => {
    const { dataDir, database, index } = await embeddedStore();
    const connection = await openConnection({ path: database, busyTimeout: 5_000 });
    const row = connection.sql<{ id: number; vector: Uint8Array }>('SELECT id, vector FROM vectors LIMIT 1').get();
    await connection.write(() => {
      connection
        .sql('UPDATE vectors SET vector = ? WHERE id = ?')
        .run(damage(Buffer.from(row?.vector ?? [])), row?.id ?? 0);
    });
    connection.close();
    rmSync(index);

    const server = await restart(dataDir);
    for (const text of texts) expect((await server.search(text)).results[0]?.content).toBe(text);
    expect((await server.call('index_rebuild')).isError).toBe(false);
    await untilEmbedded(server);
    const repaired = await searchInFull(server, texts[0] ?? '', { mode: 'semantic' });
    expect(repaired.results.map(({ content }) => content).sort()).toEqual([...texts].sort());
    expect(await storedVectors(dataDir)).toMatchObject({ without: 0 });
    expect(server.stderr()).toMatch(/damaged vectors were removed.*memory_\d+/);
  });
});

it('a damaged measurement of the model in the database ends no server, and is made again', async () => {
  const { dataDir, database } = await embeddedStore();
  const withDatabase = async <Result>(work: (connection: Connection) => Result): Promise<Result> => {
    const connection = await openConnection({ path: database, busyTimeout: 5_000 });
    try {
      return await work(connection);
    } finally {
      connection.close();
    }
  };
  const measurements = () =>
    withDatabase((connection) => connection.sql('SELECT fitness FROM spaces').column<string | null>());
  await until(async () => (await measurements()).some((text) => text !== null), 'the model is measured');
  await withDatabase((connection) => connection.write(() => connection.sql("UPDATE spaces SET fitness = '{'").run()));

  const server = await restart(dataDir);
  await server.create('桃も好き');
  expect((await searchInFull(server, texts[0] ?? '')).results[0]?.content).toBe(texts[0]);
  await until(async () => (await measurements()).every((text) => text !== '{'), 'the model is measured again');
  expect((await server.create('梨も好き')).stored).toBe(true);
});

describe('index.faiss with a valid checksum', () => {
  it.each([
    ['numbers that are NaN', (bytes: Buffer, at: Places) => bytes.fill(0xff, at.vectors, at.vectors + 4)],
    ['an id that no vector has', (bytes: Buffer, at: Places) => bytes.writeBigInt64LE(777n, at.ids)],
    ['an id twice', (bytes: Buffer, at: Places) => bytes.writeBigInt64LE(bytes.readBigInt64LE(at.ids + 8), at.ids)],
  ])('and %s is not trusted', async (_which, damage) => {
    const { dataDir, index } = await embeddedStore();
    await until(() => existsSync(index), 'index.faiss is written');
    const { handle, layout } = await openFaissFile(index);
    await handle.close();
    const bytes = readFileSync(index);
    damage(bytes, { vectors: layout.vectorsAt, ids: (layout.idCountAt ?? 0) + 8 });
    bytes.writeUInt32LE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
    writeFileSync(index, bytes);

    const server = await restart(dataDir);
    const found = await searchInFull(server, texts[0] ?? '', { mode: 'semantic' });
    expect(found.results.map(({ content }) => content).sort()).toEqual([...texts].sort());
  });
});

interface Places {
  readonly vectors: number;
  readonly ids: number;
}
