/** The line for cron in docs/backup.md, run by a real cron in a mount namespace of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCommand } from '../support/run-command.ts';
import { testFolder } from '../support/stores.ts';
import { binary, repositoryRoot } from '../support/surroundings.ts';

function findMissing(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux';
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  const missing = ['cron', 'flock', 'unshare'].find(
    (name) => !folders.some((folder) => existsSync(join(folder, name))),
  );
  if (missing !== undefined) return `there is no ${missing} here: apt-get install cron util-linux`;
  return spawnSync('unshare', ['--mount', 'true']).status === 0 ? undefined : 'mount namespaces are not allowed here';
}

const missing = findMissing();

describe.skipIf(missing !== undefined)(`cron${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  it('makes a verified backup with the line as it is pasted', { timeout: 240_000 }, async () => {
    const dataDir = testFolder();
    expect(await runCommand(['call', 'memory_create', '{"content":"苺"}'], { dataDir })).toMatchObject({ code: 0 });
    const page = readFileSync(join(repositoryRoot, 'docs', 'backup.md'), 'utf8');
    const [, path = '', line = ''] = /```cron\n(PATH=.*)\n(.*)\n```/.exec(page) ?? [];
    expect(line).toMatch(/^15 3 \* \* \* flock -n \S+ npx -y memory-mcp backup --keep 14 --verify$/);

    const place = testFolder();
    const [commands, spool, run, output] = ['commands', 'spool', 'run', 'output'].map((name) => join(place, name));
    if (commands === undefined || spool === undefined || run === undefined || output === undefined) throw new Error();
    for (const folder of [commands, join(spool, 'crontabs'), run]) mkdirSync(folder, { recursive: true });
    // What npx would fetch is this build.
    const npx = `#!/bin/sh\n[ "$1 $2" = "-y memory-mcp" ] || exit 9\nshift 2\nexec ${process.execPath} ${binary} "$@"\n`;
    writeFileSync(join(commands, 'npx'), npx, { mode: 0o755 });
    // Every minute instead of every night, and without mail. A data folder of the test's own.
    const table = [
      path,
      `MEMORY_MCP_DATA_DIR=${dataDir}`,
      `${line.replace(/^15 3/, '* *')} >>${output} 2>&1; echo "exit $?" >>${output}`,
    ];
    writeFileSync(join(spool, 'crontabs', 'root'), `${table.join('\n')}\n`, { mode: 0o600 });
    const script = [
      'set -e',
      `mount --bind ${spool} /var/spool/cron`,
      `mount --bind ${run} /run`,
      'mount -t tmpfs tmpfs /etc/cron.d',
      `mount --bind ${commands} /usr/local/bin`,
      'exec cron -f',
    ].join('\n');
    const cron = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script], { stdio: 'inherit' });
    onTestFinished(() => void cron.kill('SIGKILL'));

    // Cron begins with a minute.
    const said = () => (existsSync(output) ? readFileSync(output, 'utf8') : '');
    for (const deadline = Date.now() + 180_000; !said().includes('exit ') && Date.now() < deadline; ) {
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    expect(said()).toMatch(/memory-backup-\d{8}-\d{6}\.tar\.gz: 1 persona, 1 memory, .* verified; .*\nexit 0\n/);
    expect(readdirSync(join(dataDir, 'backups'))[0]).toMatch(/^memory-backup-.*\.tar\.gz$/);
  });
});
