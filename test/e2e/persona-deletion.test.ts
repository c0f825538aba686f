/** What `persona delete` refuses, and what becomes of a deletion that was killed. */
import { existsSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { damagedArchives } from '../support/damaged-archives.ts';
import { runCommand } from '../support/run-command.ts';
import { spawnServer } from '../support/server.ts';
import { draft, testFolder } from '../support/stores.ts';
import { contentsOf, run, withStore } from '../support/transfer.ts';
import { until } from '../support/until.ts';

const leftover = 'delete.999999999-01234567.89abcdef.tmp';

function dataWithLeftover(): string {
  const data = testFolder();
  mkdirSync(join(data, leftover));
  writeFileSync(join(data, leftover, 'memory.sqlite'), 'of a deleted persona');
  return data;
}

describe('persona delete', () => {
  it('refuses a folder that is a link, of which it would delete the link alone', async () => {
    const [data, elsewhere] = [testFolder(), join(testFolder(), 'nilou')];
    await withStore(data, (store) => store.memories.create(draft('one')), 'nilou');
    const folder = join(data, 'memory', 'nilou');
    renameSync(folder, elsewhere);
    symlinkSync(elsewhere, folder);
    const { code, err } = await run(data, 'persona', 'delete', 'nilou', '--yes', 'nilou');
    expect({ code, err }).toMatchObject({ code: 3, err: expect.stringContaining(`is a link to ${elsewhere}`) });
    expect(readdirSync(data)).toEqual(['memory']);
    expect(await contentsOf(data, 'nilou')).toHaveLength(1);
  });

  it('leaves everything in place if its backup does not pass the check', async () => {
    const data = testFolder();
    await withStore(data, (store) => store.memories.create(draft('one')), 'nilou');
    const { code, err } = await runCommand(['persona', 'delete', 'nilou', '--yes', 'nilou'], {
      dataDir: data,
      env: damagedArchives(),
    });
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(
        /Persona "nilou" was not deleted\. The backup was written, but did not pass its check.*cannot be read as a backup/,
      ),
    });
    expect(await contentsOf(data, 'nilou')).toHaveLength(1);
    expect(readdirSync(data).sort()).toEqual(['backups', 'data-folder-id', 'memory']);
    expect(readdirSync(join(data, 'memory'))).toEqual(['nilou']);
    expect(readdirSync(join(data, 'backups'))).toEqual([]);
  });
});

describe('what a killed deletion left', () => {
  it('goes when a server next runs', async () => {
    const dataDir = dataWithLeftover();
    const server = await spawnServer({ dataDir });
    await server.create('one');
    await until(() => !existsSync(join(dataDir, leftover)), 'an idle server removes it');
  });

  it('is named by doctor, and goes with --fix', async () => {
    const data = dataWithLeftover();
    expect((await run(data, 'doctor')).out).toContain(leftover);
    expect(existsSync(join(data, leftover))).toBe(true);
    await run(data, 'doctor', '--fix');
    expect(readdirSync(data)).not.toContain(leftover);
  });
});
