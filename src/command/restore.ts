/** `restore`: puts the personas of a backup in place, and prints one line for each. */
import { statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { listArchives } from '../backup/own-backups.ts';
import { restoreBackup } from '../backup/restore-backup.ts';
import { loadConfiguration } from '../config/load.ts';
import { dataPaths } from '../config/paths.ts';
import { systemClock } from '../core/clock.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { parsePersonaName } from '../core/persona.ts';
import { countedMemories } from '../core/text/counted.ts';
import { pathExists } from '../files/path-exists.ts';
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
  const archive = await findArchive(archiveName, loaded.paths.backups);
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

/** A path, or the name alone of an archive in the folder for backups. */
async function findArchive(name: string, backups: string): Promise<string> {
  const places = [resolve(name), ...(basename(name) === name ? [join(backups, name)] : [])];
  const found = places.find(pathExists);
  if (found === undefined) {
    const newest = (await listArchives(backups)).at(-1);
    throw new MemoryMcpError('not_found', `${places[0]} does not exist`, {
      hint: `Backups are in ${backups} unless --out said otherwise. ${newest === undefined ? 'There is none.' : `The newest there is ${newest}.`}`,
    });
  }
  if (!statSync(found).isDirectory()) return found;
  const newest = (await listArchives(found)).at(-1);
  throw new MemoryMcpError('invalid_input', `${found} is a folder, and restore needs an archive`, {
    hint: newest === undefined ? 'There is no archive in it.' : `The newest in it is ${join(found, newest)}.`,
  });
}
