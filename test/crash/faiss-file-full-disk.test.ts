import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/core/logger.ts';
import { openFaissIndex } from '../../src/vector/faiss-index.ts';
import { openFlatIndex } from '../../src/vector/flat-index.ts';
import { missingFaissNode } from '../support/faiss-node.ts';
import { growingPlace, growingPuts, growingSpace, growingVector } from './growing-index.ts';

/** A file system of one megabyte, or undefined where it cannot be had. */
function mountSmallDisk(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'memory-mcp-small-disk-'));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status === 0) return folder;
  rmSync(folder, { recursive: true });
  return undefined;
}

const disk = mountSmallDisk();
const noDisk = disk === undefined ? 'a small disk can be mounted by root on Linux only' : undefined;
const noFaiss = noDisk ?? (await missingFaissNode());

afterAll(() => {
  if (disk === undefined) return;
  spawnSync('umount', [disk]);
  rmSync(disk, { recursive: true });
});

function because(reason: string | undefined): string {
  return reason === undefined ? '' : ` (skipped: ${reason})`;
}

describe('a full disk', () => {
  it.skipIf(noDisk !== undefined)(`costs a snapshot and nothing else${because(noDisk)}`, async () => {
    const file = join(disk ?? '', 'flat', 'index.faiss');
    const parts = { space: growingSpace, logger: silentLogger, snapshot: growingPlace(file) };
    const index = await openFlatIndex(parts);
    await index.apply(growingPuts(1, 100), 100);
    await index.flush();
    await index.apply(growingPuts(101, 5000), 5000);

    await expect(index.flush()).rejects.toMatchObject({
      code: 'backend_unavailable',
      message: expect.stringContaining('ENOSPC'),
    });
    expect(await readdir(dirname(file))).toEqual(['index.faiss']);
    expect((await index.nearest(growingVector(4321), 1))[0]?.id).toBe(4321);
    const next = await openFlatIndex(parts);
    expect(await next.appliedGeneration()).toBe(100);
    expect(await next.size()).toBe(100);
  });

  it.skipIf(noFaiss !== undefined)(`does not end the process that uses FAISS${because(noFaiss)}`, async () => {
    const file = join(disk ?? '', 'faiss', 'index.faiss');
    const index = await openFaissIndex({ space: growingSpace, logger: silentLogger, snapshot: growingPlace(file) });
    await index.apply(growingPuts(1, 100), 100);
    await expect(index.apply(growingPuts(101, 5000), 5000)).rejects.toMatchObject({ code: 'backend_unavailable' });
    expect(await index.appliedGeneration()).toBe(0);
    expect(await readdir(dirname(file))).toEqual([]);
    await index.apply(growingPuts(1, 100), 100);
    expect((await index.nearest(growingVector(50), 1))[0]?.id).toBe(50);
  });
});
