/** `backup.every_hours` and `backup.keep` with built servers. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createBackup } from '../../src/backup/create-backup.ts';
import { dataPaths } from '../../src/config/paths.ts';
import { damagedArchives } from '../support/damaged-archives.ts';
import { spawnHttpServer } from '../support/http-server.ts';
import { runCommand } from '../support/run-command.ts';
import { spawnServer } from '../support/server.ts';
import { testFolder } from '../support/stores.ts';
import { until } from '../support/until.ts';

const archivesIn = (dataDir: string) => {
  const folder = join(dataDir, 'backups');
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.tar.gz'))
        .sort()
    : [];
};
const findingsOf = async (dataDir: string, env: Record<string, string>) => {
  const { out } = await runCommand(['doctor', '--json'], { dataDir, env });
  const { findings }: { findings: { subject: string; severity: string; found: string }[] } = JSON.parse(out);
  return findings.filter(({ subject }) => subject === 'backups');
};
/** Often enough for a test: an interval of some seconds. */
const often = { MEMORY_MCP_BACKUP_EVERY_HOURS: '0.001', MEMORY_MCP_BACKUP_KEEP: '2' };
const daily = { MEMORY_MCP_BACKUP_EVERY_HOURS: '24' };

describe('backup.every_hours', () => {
  it('is off unless it is set', async () => {
    const server = await spawnServer();
    await server.create('one');
    expect(await findingsOf(server.dataDir, {})).toMatchObject([
      { severity: 'note', found: 'there is none; a server makes none by itself' },
    ]);
  });

  it('lets an idle server make backups that can be restored, and keeps as many as backup.keep says', async () => {
    const server = await spawnServer({ env: often });
    await server.create('苺のアレルギーがある');
    const seen = new Set<string>();
    await until(() => {
      for (const name of archivesIn(server.dataDir)) seen.add(name);
      return seen.size >= 4;
    }, 'four archives were made');
    await until(() => archivesIn(server.dataDir).length <= 2, 'the old ones are removed');
    await server.close();
    const [archive = ''] = archivesIn(server.dataDir).slice(-1);
    const { out } = await runCommand(
      ['restore', join(server.dataDir, 'backups', archive), '--into', testFolder(), '--json'],
      { dataDir: server.dataDir },
    );
    expect(JSON.parse(out)).toMatchObject({ personas: [{ persona: 'default', memories: 1 }] });
    const findings = await findingsOf(server.dataDir, { ...often, ...daily });
    expect(findings).toMatchObject([
      {
        severity: 'ok',
        found: expect.stringMatching(/the newest is memory-backup-.*one is due every 24 h, and 2 are kept/),
      },
    ]);
  });

  it('makes one backup where several processes find it due at the same time', async () => {
    const server = await spawnServer();
    await server.create('one');
    const runs = await Promise.all(
      [1, 2, 3, 4].map(() => runCommand(['backup', '--scheduled', '--json'], { dataDir: server.dataDir, env: daily })),
    );
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(runs.filter(({ out }) => 'archive' in JSON.parse(out))).toHaveLength(1);
    expect(archivesIn(server.dataDir)).toHaveLength(1);
    expect(runs.filter(({ out }) => 'skipped' in JSON.parse(out))).toHaveLength(3);
  });

  it('says in the log and in doctor that a backup failed, and tries again', async () => {
    const dataDir = testFolder();
    mkdirSync(join(dataDir, 'backups'));
    // Without the id, no archive can be made.
    writeFileSync(join(dataDir, 'data-folder-id'), 'no id');
    const server = await spawnServer({ dataDir, env: often });
    await server.create('one');
    await until(() => /the backup failed: .*data-folder-id/.test(server.stderr()), 'the failure is logged');
    expect(await findingsOf(dataDir, often)).toMatchObject([{ severity: 'warning' }]);
    writeFileSync(join(dataDir, 'data-folder-id'), '01234567-89ab-4cde-8f01-23456789abcd\n');
    await until(() => archivesIn(dataDir).length > 0, 'the next attempt succeeds');
    await server.close();
    expect(await findingsOf(dataDir, daily)).toMatchObject([{ severity: 'ok' }]);
  });

  it('does not mistake an archive that a wrong clock has dated in the future for the newest', async () => {
    const server = await spawnServer();
    await server.create('one');
    const future = await createBackup({
      paths: dataPaths(server.dataDir),
      personas: ['default'],
      out: join(server.dataDir, 'backups'),
      version: '0.1.0',
      now: () => new Date('2099-01-01T00:00:00Z'),
    });
    await server.create('two');
    const env = { ...daily, MEMORY_MCP_BACKUP_KEEP: '1' };
    const run = async () =>
      JSON.parse((await runCommand(['backup', '--scheduled', '--json'], { dataDir: server.dataDir, env })).out);
    const made = await run();
    expect(made).toMatchObject({ personas: [{ memories: 2 }], removed: [] });
    expect(await run()).toMatchObject({ skipped: expect.stringContaining('the next backup is due at') });
    expect(archivesIn(server.dataDir)).toEqual([basename(made.archive), basename(future.archive)].toSorted());
    expect(await findingsOf(server.dataDir, env)).toMatchObject([
      { severity: 'ok', found: expect.stringContaining(`the newest is ${basename(made.archive)}`) },
    ]);
  });

  it('leaves no archive that does not pass its check, which would pass for the newest backup', async () => {
    const dataDir = testFolder();
    const server = await spawnServer({ dataDir });
    await server.create('one');
    const scheduled = ['backup', '--scheduled', '--json'];
    const bad = await runCommand(scheduled, { dataDir, env: { ...daily, ...damagedArchives() } });
    expect(bad).toMatchObject({ code: 1, out: expect.stringContaining('did not pass its check') });
    expect(archivesIn(dataDir)).toEqual([]);
    const good = await runCommand(scheduled, { dataDir, env: daily });
    expect(JSON.parse(good.out)).toMatchObject({ archive: expect.any(String), verified: true });
  });

  it('is made by a server over HTTP, too', async () => {
    const server = await spawnHttpServer({ env: often });
    await server.api('memory_create', { content: '苺のアレルギーがある' });
    await until(() => archivesIn(server.dataDir).length > 0, 'an archive is made');
    const [archive = ''] = archivesIn(server.dataDir);
    const { out } = await runCommand(['restore', join(server.dataDir, 'backups', archive), '--json'], {
      dataDir: testFolder(),
    });
    expect(JSON.parse(out)).toMatchObject({ personas: [{ persona: 'default', memories: 1 }] });
    expect(await server.api('memory_search', { query: '苺' })).toMatchObject({ total: 1 });
  });

  it.skipIf(process.platform === 'win32').each([
    ['writes its archive', 'open'],
    ['gives its archive the name', 'link'],
  ] as const)('leaves no part of a backup that is killed before it %s, and makes the next one', async (_, step) => {
    const held = holdScheduledBackups(step);
    const server = await spawnServer({ env: { ...often, ...held.env } });
    await server.create('苺のアレルギーがある');
    await until(() => held.pid() !== undefined, 'a backup has come so far');
    const folder = join(server.dataDir, 'backups');
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).not.toEqual([]);
    // Alone as long as it runs.
    const other = await runCommand(['backup', '--scheduled', '--json'], { dataDir: server.dataDir, env: often });
    expect(JSON.parse(other.out)).toEqual({ skipped: 'another process makes a backup' });
    process.kill(held.pid() ?? 0, 'SIGKILL');
    await until(() => /the backup failed: .*SIGKILL/.test(server.stderr()), 'the log says that it was killed');
    expect((await server.search('苺')).total).toBe(1);

    await until(() => archivesIn(server.dataDir).length > 0, 'the next one is made');
    await server.close();
    const archives = archivesIn(server.dataDir);
    for (const archive of archives) {
      const restored = await runCommand(['restore', join(folder, archive)], { dataDir: testFolder() });
      expect(restored).toMatchObject({ code: 0, out: 'default: 1 memory restored\n' });
    }
    // What the killed one left is gone, too.
    await runCommand(['backup'], { dataDir: server.dataDir });
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

/** Lets the first process of a scheduled backup stand still before it opens or links its temporary file. */
function holdScheduledBackups(step: 'open' | 'link') {
  const folder = testFolder();
  const [preload, holding] = [join(folder, 'hold.cjs'), join(folder, 'pid')];
  writeFileSync(
    preload,
    `if (process.argv.includes('--scheduled')) {
       const { existsSync, writeFileSync } = require('node:fs');
       const promises = require('node:fs/promises');
       const original = promises.${step};
       promises.${step} = (path, ...rest) => {
         if (String(path).endsWith('.tmp') && !existsSync(${JSON.stringify(holding)})) {
           writeFileSync(${JSON.stringify(holding)}, String(process.pid));
           Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
         }
         return original(path, ...rest);
       };
     }`,
  );
  return {
    env: { NODE_OPTIONS: `--require=${preload}` },
    pid: () => (existsSync(holding) ? Number(readFileSync(holding, 'utf8')) : undefined),
  };
}
