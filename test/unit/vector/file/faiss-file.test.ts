import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readFaissFile, writeRows } from '../../../../src/vector/file/faiss-file.ts';
import { encodeHead, encodeIds } from '../../../../src/vector/file/faiss-format.ts';
import { rowsPerBlock, VectorRows } from '../../../../src/vector/vector-rows.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'memory-mcp-faiss-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function fileOf(bytes: Buffer): Promise<string> {
  const path = join(folder, 'index.faiss');
  await writeFile(path, bytes);
  return path;
}

/** A flat index as FAISS writes it, without ids. */
function flatFile(fourcc: string, metric: number, dimensions: number, numbers: readonly number[]): Buffer {
  const head = encodeHead(dimensions, numbers.length / dimensions).subarray(37);
  head.write(fourcc, 0, 'latin1');
  head.writeInt32LE(metric, 33);
  return Buffer.concat([head, Buffer.from(Float32Array.from(numbers).buffer)]);
}

describe('a FAISS file of another program', () => {
  it('is read as flat L2, the kind that the original system wrote', async () => {
    const { metric, count, dimensions, ids, blocks } = await readFaissFile(
      await fileOf(flatFile('IxF2', 1, 2, [1, 2, 3, 4, 5, 6])),
    );
    expect({ metric, count, dimensions }).toEqual({ metric: 'l2', count: 3, dimensions: 2 });
    expect(Array.from(ids)).toEqual([0, 1, 2]);
    expect(blocks).toEqual([Float32Array.of(1, 2, 3, 4, 5, 6)]);
  });

  it('is read as flat inner product, empty too', async () => {
    expect(await readFaissFile(await fileOf(flatFile('IxFI', 0, 2, [1, 2])))).toMatchObject({
      metric: 'inner_product',
      count: 1,
    });
    expect(await readFaissFile(await fileOf(flatFile('IxFI', 0, 2, [])))).toMatchObject({ count: 0, blocks: [] });
  });

  it.each(['IxMp', 'IxM2'])('is read as %s with its ids', async (fourcc) => {
    const bytes = Buffer.concat([
      encodeHead(1, 2),
      Buffer.from(Float32Array.of(0.5, -1).buffer),
      encodeIds(Float64Array.of(-3, 2 ** 50)),
    ]);
    bytes.write(fourcc, 0, 'latin1');
    const { ids, blocks } = await readFaissFile(await fileOf(bytes));
    expect(Array.from(ids)).toEqual([-3, 2 ** 50]);
    expect(blocks).toEqual([Float32Array.of(0.5, -1)]);
  });

  it('is refused without allocating what a false header promises', async () => {
    const bytes = encodeHead(60_000, 100_000_000);
    await expect(readFaissFile(await fileOf(bytes))).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('is refused if it is not a FAISS file', async () => {
    await expect(readFaissFile(await fileOf(Buffer.from('{"not": "an index"}'.repeat(9))))).rejects.toMatchObject({
      code: 'corrupt',
    });
    await expect(readFaissFile(await fileOf(Buffer.alloc(0)))).rejects.toMatchObject({ code: 'corrupt' });
    await expect(readFaissFile(folder)).rejects.toMatchObject({ code: 'corrupt' });
  });
});

describe('rows', () => {
  it('survive a file of several blocks', async () => {
    const rows = new VectorRows(3);
    const count = 2 * rowsPerBlock + 10;
    for (let id = 1; id <= count; id++) rows.put(id * 7, Float32Array.of(id, -id, 1 / id));
    const path = join(folder, 'index.faiss');
    const handle = await open(path, 'w');
    const { end } = await writeRows(handle, rows.pin());
    await handle.close();

    const read = await readFaissFile(path);
    expect(end).toBe(82 + count * 12 + 8 + count * 8);
    expect(read.ids).toEqual(rows.pin().ids);
    expect(read.blocks).toEqual(rows.pin().blocks);
  });
});
