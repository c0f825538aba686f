/** `backup`: writes an archive of the personas, and prints one line that says what is in it. */
import { resolve } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { createBackup } from '../backup/create-backup.ts';
import { removeOldBackups } from '../backup/remove-old-backups.ts';
import { findLastBackup, lockSchedule, nextBackupAt } from '../backup/scheduled-backup.ts';
import { loadConfiguration } from '../config/load.ts';
import { personaFolders, personaPaths } from '../config/paths.ts';
import { systemClock } from '../core/clock.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { counted, countedMemories } from '../core/text/counted.ts';
import { pathExists } from '../files/path-exists.ts';
import { requirePersona } from '../personas/require-persona.ts';
import { printData, printJson, printNotice } from './output.ts';

export interface BackupFlags {
  readonly persona?: string | undefined;
  readonly out?: string | undefined;
  readonly keep?: string | undefined;
  readonly verify?: boolean | undefined;
  /** A server runs it, as backup.every_hours says: only if one is due, and alone. */
  readonly scheduled?: boolean | undefined;
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

export async function backup(flags: BackupFlags): Promise<void> {
  if (flags.scheduled !== true) return await makeBackup(flags);
  const { paths, configuration } = await loadConfiguration({ flags: { config: flags.config } });
  const skip = (skipped: string) => printJson({ skipped });
  const { every_hours: everyHours, keep } = configuration.backup;
  const lock = await lockSchedule(paths);
  if (lock === undefined) return skip('another process makes a backup');
  try {
    if (everyHours === 0) return skip('backup.every_hours is 0');
    const hasMemories = personaFolders(paths).some((name) => pathExists(personaPaths(paths, name).database));
    if (!hasMemories) return skip('there is no persona yet');
    const now = systemClock.now();
    const next = nextBackupAt(await findLastBackup(paths, now), everyHours, now);
    if (next !== undefined) return skip(`the next backup is due at ${next.toISOString()}`);
    await makeBackup({ config: flags.config, keep: String(keep), verify: true, json: true });
  } finally {
    lock.release();
  }
}

async function makeBackup({ persona, out, keep: keepText, verify, config, json }: BackupFlags): Promise<void> {
  const keep = keepText === undefined ? undefined : parseKeep(keepText);
  const { paths, warnings } = await loadConfiguration({ flags: { config } });
  for (const warning of warnings) printNotice(warning);
  const folder = out === undefined ? paths.backups : resolve(out);
  const personas = persona === undefined ? personaFolders(paths) : [requirePersona(paths, persona)];
  const stored = personas.filter((name) => persona !== undefined || pathExists(personaPaths(paths, name).database));
  if (stored.length === 0) {
    throw new MemoryMcpError('not_found', `There is no persona in ${paths.memory}, so no backup was made`, {
      hint: 'Set MEMORY_MCP_DATA_DIR to the data folder of your server.',
    });
  }
  const {
    archive,
    bytes,
    manifest: found,
  } = await createBackup({
    paths,
    personas: stored,
    selection: persona === undefined ? undefined : stored[0],
    out: folder,
    verify,
    version: manifest.version,
    now: systemClock.now,
  });
  const removed = keep === undefined ? [] : await removeOldBackups(folder, found, keep);
  const contents = found.personas.map(({ name, memories, deleted, versions }) => ({
    name,
    memories,
    deleted,
    versions,
  }));
  if (json) return printJson({ archive, bytes, verified: verify === true, personas: contents, removed });
  const memories = contents.reduce((sum, entry) => sum + entry.memories, 0);
  printData(
    [
      `${archive}: ${counted(contents.length, 'persona')}, ${countedMemories(memories)}, ${(bytes / 1_000_000).toFixed(1)} MB`,
      ...(verify ? ['verified'] : []),
      ...(removed.length > 0 ? [`${counted(removed.length, 'old archive')} removed`] : []),
      'without configuration, tokens, models, logs and index files',
    ].join('; '),
  );
}

function parseKeep(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new MemoryMcpError('invalid_input', `--keep must be a whole number of at least 1, not "${text}"`);
}
