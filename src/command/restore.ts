/** `restore`: puts the personas of a backup in place, and prints one line for each. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { restoreBackup } from '../backup/restore-backup.ts';
import { loadConfiguration } from '../config/load.ts';
import { dataPaths } from '../config/paths.ts';
import { systemClock } from '../core/clock.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { parsePersonaName } from '../core/persona.ts';
import { countedMemories } from '../core/text/counted.ts';
import { printData, printJson, printNotice } from './output.ts';

export interface RestoreFlags {
  readonly persona?: string | undefined;
  readonly as?: string | undefined;
  readonly into?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly force?: boolean | undefined;
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

export async function restore(archiveName: string, flags: RestoreFlags): Promise<void> {
  const { persona, as, into, dryRun = false, force = false, config, json } = flags;
  const loaded = await loadConfiguration({ flags: { config } });
  for (const warning of loaded.warnings) printNotice(warning);
  const archive = resolve(archiveName);
  if (!existsSync(archive)) {
    throw new MemoryMcpError('not_found', `${archive} does not exist`, {
      hint: `Backups are in ${loaded.paths.backups} unless --out said otherwise.`,
    });
  }
  const restored = await restoreBackup({
    archive,
    paths: into === undefined ? loaded.paths : dataPaths(resolve(into)),
    persona,
    as: as === undefined ? undefined : parsePersonaName(as),
    dryRun,
    force,
    now: systemClock.now,
  });
  if (json) return printJson({ dry_run: dryRun, personas: restored });
  for (const { persona: name, memories, kept } of restored) {
    const former = kept === undefined ? '' : `; its former files ${dryRun ? 'would be' : 'are'} in ${kept}`;
    printData(`${name}: ${countedMemories(memories)} ${dryRun ? 'would be restored' : 'restored'}${former}`);
  }
}
