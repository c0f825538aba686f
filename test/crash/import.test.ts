/** Imports that are killed or run out of disk: what was stored is whole, and running them again completes them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { killRuns, killsOf } from '../support/kills.ts';
import { testFolder } from '../support/stores.ts';
import { contentsOf, importReport, run } from '../support/transfer.ts';

/** MEMORY_MCP_TEST_KILLS=50 for a longer run. */
const { kills, timeout } = killsOf(5);

function writeLines(count: number, length: number): string {
  const file = join(testFolder(), 'lines.jsonl');
  const line = (number: number) => `${JSON.stringify({ content: `fact ${number} ${'long '.repeat(length)}` })}\n`;
  writeFileSync(file, Array.from({ length: count }, (_, number) => line(number)).join(''));
  return file;
}

/** A file system of a few megabytes, or undefined where it cannot be had. */
function mountSmallDisk(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'memory-mcp-small-disk-'));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', folder]).status === 0) return folder;
  rmSync(folder, { recursive: true });
  return undefined;
}

const disk = mountSmallDisk();
const noDisk = disk === undefined ? ' (skipped: a small disk can be mounted by root on Linux only)' : '';

afterAll(() => {
  if (disk === undefined) return;
  spawnSync('umount', [disk]);
  rmSync(disk, { recursive: true });
});

describe('an import', () => {
  it(`that is killed ${kills} times is completed by the next run, with nothing missing and nothing doubled`, {
    timeout,
  }, async () => {
    const data = testFolder();
    const count = 3_000;
    const file = writeLines(count, 20);
    const numbers = async () => (await contentsOf(data)).map(({ content }) => Number(/\d+/.exec(content)?.[0]));
    const all = Array.from({ length: count }, (_, number) => number);
    await killRuns({
      dataDir: data,
      kills,
      whole: ['import', file, '--persona', 'another'],
      command: async () => {
        // From the beginning again where the last run came to the end.
        if ((await numbers()).length === count) rmSync(join(data, 'memory', 'default'), { recursive: true });
        return ['import', file];
      },
      check: async () => {
        const found = await numbers();
        expect(found).toEqual(all.slice(0, found.length));
      },
    });
    const report = await importReport(data, file);
    expect(report.new + report.duplicate).toBe(count);
    expect(await numbers()).toEqual(all);
  });

  it.skipIf(noDisk !== '')(`says how far it came on a full disk, and goes on when there is room${noDisk}`, async () => {
    const data = join(disk ?? '', 'data');
    const file = writeLines(3_000, 500);
    const full = await run(data, 'import', file);
    expect(full).toMatchObject({ code: 1, err: expect.stringMatching(/full/i) });
    expect(full.err).toMatch(/Stored before: [\d,]+ memories\. Run the import again to continue/);
    spawnSync('mount', ['-o', 'remount,size=100m', disk ?? '']);
    expect(await importReport(data, file)).toMatchObject({ found: 3_000, skipped: 0 });
    expect(await contentsOf(data)).toHaveLength(3_000);
  });
});
