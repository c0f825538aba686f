/**
 * Restores personas from a backup. Everything is extracted and checked before anything is touched. Then each persona
 * changes in one step: a process that is killed leaves it as it was or as it is in the backup. What is replaced is kept.
 */
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createPrivateFolder, type DataPaths, dataPaths, findPersonaFolder, personaPaths } from '../config/paths.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { createTemporaryPath, removeLeftovers, syncFolder } from '../files/replace-file.ts';
import { type HeldDatabase, holdDatabase } from '../store/replace-database.ts';
import { extractBackup } from './extract-backup.ts';

export interface RestoreOptions {
  readonly archive: string;
  /** The data folder to restore into. */
  readonly paths: DataPaths;
  /** Undefined for all. */
  readonly persona?: string | undefined;
  /** Another name for the one persona. */
  readonly as?: string | undefined;
  /** Check only. */
  readonly dryRun: boolean;
  /** Whether existing personas may be replaced. */
  readonly force: boolean;
  readonly now: () => Date;
}

export interface RestoredPersona {
  readonly persona: string;
  readonly memories: number;
  /** Where its former files are kept, if it existed. */
  readonly kept?: string | undefined;
}

interface Plan {
  readonly from: string;
  readonly to: string;
  readonly memories: number;
  readonly exists: boolean;
}

export async function restoreBackup(options: RestoreOptions): Promise<RestoredPersona[]> {
  const { archive, paths, dryRun, now } = options;
  createPrivateFolder(paths.data);
  const prefix = join(paths.data, 'restore');
  await removeLeftovers(prefix);
  const staging = createTemporaryPath(prefix);
  const held = new Map<string, HeldDatabase>();
  try {
    const manifest = await extractBackup(archive, staging);
    const plans = planPersonas(options, manifest.personas);
    for (const { to, exists } of plans) {
      const { database } = personaPaths(paths, to);
      if (exists && !dryRun && existsSync(database)) held.set(to, await holdDatabase(database));
    }
    const restored: RestoredPersona[] = [];
    for (const plan of plans) {
      const kept = plan.exists ? keptFolder(paths, plan.to, now()) : undefined;
      if (!dryRun) await putInPlace(plan, { staged: dataPaths(staging), paths, kept, held: held.get(plan.to) });
      restored.push({ persona: plan.to, memories: plan.memories, kept });
    }
    return restored;
  } finally {
    for (const database of held.values()) database.release();
    await rm(staging, { recursive: true, force: true });
  }
}

function planPersonas(
  { archive, paths, persona, as, force }: RestoreOptions,
  found: readonly { name: string; memories: number }[],
): Plan[] {
  const chosen = found.filter(({ name }) => persona === undefined || name === persona);
  if (chosen.length === 0) {
    throw new MemoryMcpError('not_found', `${archive} does not contain persona "${persona}"`, {
      hint: `It contains: ${found.map(({ name }) => name).join(', ') || 'no persona'}.`,
    });
  }
  if (as !== undefined && chosen.length > 1) {
    throw new MemoryMcpError('invalid_input', '--as needs --persona, because the archive contains several personas');
  }
  const plans = chosen.map(({ name, memories }): Plan => {
    const folder = findPersonaFolder(paths, as ?? name);
    return { from: name, to: folder ?? as ?? name, memories, exists: folder !== undefined };
  });
  const existing = plans.filter(({ exists }) => exists).map(({ to }) => to);
  if (existing.length > 0 && !force) {
    throw new MemoryMcpError('conflict', `These personas exist already: ${existing.join(', ')}. Nothing was changed`, {
      hint: 'Use --force to replace them (their files are kept under backups/replaced), or --persona NAME --as OTHER to restore beside them.',
    });
  }
  return plans;
}

function keptFolder({ backups }: DataPaths, persona: string, moment: Date): string {
  return join(backups, 'replaced', `${persona}-${moment.toISOString().replaceAll(/[:.]/g, '-')}`);
}

interface Places {
  readonly staged: DataPaths;
  readonly paths: DataPaths;
  readonly kept: string | undefined;
  readonly held: HeldDatabase | undefined;
}

async function putInPlace({ from, to }: Plan, { staged, paths, kept, held }: Places): Promise<void> {
  const source = personaPaths(staged, from);
  const target = personaPaths(paths, to);
  if (kept === undefined) {
    createPrivateFolder(paths.memory);
    await rename(source.folder, target.folder);
    return syncFolder(paths.memory);
  }
  createPrivateFolder(kept);
  // Its vectors belong to the memories that are replaced.
  await rm(target.vectorIndex, { force: true });
  if (held === undefined) await rename(source.database, target.database);
  else await held.replace({ replacement: source.database, kept: join(kept, basename(target.database)) });
  for (const part of ['context', 'cleanupSuggestions', 'original'] as const) {
    if (existsSync(target[part])) await rename(target[part], join(kept, basename(target[part])));
    if (existsSync(source[part])) await rename(source[part], target[part]);
  }
  await syncFolder(dirname(target.database));
}
