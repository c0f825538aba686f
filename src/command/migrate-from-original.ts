/**
 * `migrate from-original`: says what would come over from the original system, moves it, takes the move back, or removes
 * what the move set aside.
 */
import { resolve } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { createBackup } from '../backup/create-backup.ts';
import { type LoadedConfiguration, loadConfiguration } from '../config/load.ts';
import type { DataPaths } from '../config/paths.ts';
import { isTimeZone } from '../config/setting.ts';
import { systemClock } from '../core/clock.ts';
import { errorOutcomes, MemoryMcpError } from '../core/errors.ts';
import { countedMemories } from '../core/text/counted.ts';
import { type FoundPersona, findPersonas } from '../original/find-personas.ts';
import { movePersona, surveyMove } from '../original/move-persona.ts';
import { createProgressFile } from '../original/move-progress.ts';
import { finishMove, listMoves, recoverMoves, undoMove, withMoveLock } from '../original/moves.ts';
import { describePersona } from './original-report.ts';
import { countsAsAmounts, createProgressBar, printData, printFailure, printJson, printNotice } from './output.ts';

export interface MigrateFromOriginalFlags {
  readonly persona?: string | undefined;
  readonly timezone?: string | undefined;
  readonly apply?: boolean | undefined;
  readonly undo?: boolean | undefined;
  readonly finish?: boolean | undefined;
  readonly force?: boolean | undefined;
  readonly backup?: boolean | undefined;
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

type Mode = 'survey' | 'apply' | 'undo' | 'finish';

interface Outcome {
  readonly persona: string;
  readonly report?: object | undefined;
  readonly text?: string;
  readonly error?: unknown;
}

/** Resolves with the exit code: 0 if everything asked for was done, else that of the first failure. */
export async function migrateFromOriginal(
  folder: string | undefined,
  flags: MigrateFromOriginalFlags,
): Promise<number> {
  const mode = readMode(folder, flags);
  const loaded = await loadConfiguration({ flags: { config: flags.config } });
  for (const warning of loaded.warnings) printNotice(warning);
  const { paths } = loaded;
  const outcomes =
    mode === 'survey'
      ? await surveyAll(choosePersonas(folder ?? paths.data, flags), loaded, flags)
      : await withMoveLock(paths, async () => {
          await recoverMoves(paths);
          return mode === 'apply' ? moveAll(folder, loaded, flags) : changeMoved(mode, paths, flags);
        });
  const failed = outcomes.filter(({ error }) => error !== undefined);
  if (flags.json) {
    printJson({ mode, personas: outcomes.flatMap(({ report }) => report ?? []), failed: failed.map(failureAsJson) });
  } else {
    for (const { text, error } of outcomes) {
      if (text !== undefined) printData(text);
      if (error !== undefined) printFailure(error);
    }
    if (mode === 'survey') printNotice('Nothing was changed. Add --apply to move.');
  }
  const [first] = failed;
  return first === undefined ? 0 : exitCodeOf(first.error);
}

function readMode(folder: string | undefined, { apply, undo, finish }: MigrateFromOriginalFlags): Mode {
  if ([apply, undo, finish].filter(Boolean).length > 1) throw usage('--apply, --undo and --finish exclude each other');
  const mode = apply ? 'apply' : undo ? 'undo' : finish ? 'finish' : 'survey';
  if (folder !== undefined && (mode === 'undo' || mode === 'finish')) {
    throw usage(`--${mode} concerns personas of this data folder that were moved in place, so it takes no folder`);
  }
  return mode;
}

function choosePersonas(folder: string, { persona }: MigrateFromOriginalFlags): FoundPersona[] {
  const found = findPersonas(resolve(folder));
  const chosen = found.filter(({ name, formerName }) => persona === undefined || [name, formerName].includes(persona));
  if (chosen.length > 0) return chosen;
  throw new MemoryMcpError(
    'not_found',
    persona === undefined
      ? `There is no persona of the original system in ${folder}`
      : `Persona "${persona}" of the original system is not in ${folder}`,
    { hint: found.length > 0 ? `There are: ${found.map(({ name }) => name).join(', ')}.` : undefined },
  );
}

async function surveyAll(
  personas: readonly FoundPersona[],
  loaded: LoadedConfiguration,
  flags: MigrateFromOriginalFlags,
): Promise<Outcome[]> {
  const zone = chooseTimeZone(loaded, flags);
  return eachPersona(personas, async (found) => {
    const report = await surveyMove(found, zone.name);
    return { report, text: describePersona(report, zone.reason) };
  });
}

async function moveAll(
  folder: string | undefined,
  loaded: LoadedConfiguration,
  flags: MigrateFromOriginalFlags,
): Promise<Outcome[]> {
  const { paths } = loaded;
  const zone = chooseTimeZone(loaded, flags);
  const bar = createProgressBar('from-original', countsAsAmounts(countedMemories));
  return eachPersona(choosePersonas(folder ?? paths.data, flags), async (found) => {
    const file = createProgressFile(paths, found.name);
    file.report({ done: 0, total: 1 });
    try {
      const report = await movePersona(found, {
        paths,
        timeZone: zone.name,
        force: flags.force === true,
        backup: flags.backup === true,
        version: manifest.version,
        now: systemClock.now,
        onProgress: ({ done, total }) => {
          bar.show(done, total);
          file.report({ done, total });
        },
      });
      bar.end();
      return { report, text: describePersona(report, zone.reason) };
    } finally {
      bar.end();
      file.remove();
    }
  });
}

async function changeMoved(
  mode: 'undo' | 'finish',
  paths: DataPaths,
  { persona, force }: MigrateFromOriginalFlags,
): Promise<Outcome[]> {
  const names = persona === undefined ? listMoves(paths).map(({ record }) => record.persona) : [persona];
  if (names.length === 0) {
    throw new MemoryMcpError('not_found', `No persona in ${paths.memory} has files that a move has set aside`);
  }
  const archive = async (folder: string) => {
    const backup = await createBackup({
      paths,
      personas: [folder],
      selection: folder,
      out: paths.backups,
      version: manifest.version,
      now: systemClock.now,
    });
    printNotice(`${folder} as it was before the undo: ${backup.archive}`);
  };
  return eachPersona(
    names.map((name) => ({ name })),
    async ({ name }) => {
      if (mode === 'undo') await undoMove({ paths, persona: name, archive: force === true ? archive : undefined });
      else await finishMove(paths, name);
      const done = mode === 'undo' ? 'is as it was before the move' : 'has no files of the original system any more';
      return { report: { persona: name }, text: `${name} ${done}` };
    },
  );
}

/** A persona that fails does not keep the others from coming over. */
async function eachPersona<Item extends { name: string }>(
  items: readonly Item[],
  work: (item: Item) => Promise<Omit<Outcome, 'persona'>>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const item of items) {
    const outcome = await work(item).catch((error: unknown) => ({ error }));
    outcomes.push({ persona: item.name, ...outcome });
  }
  return outcomes;
}

/** The original system's own default. */
const originalTimeZone = 'Asia/Tokyo';

function chooseTimeZone(
  { configuration, sources }: LoadedConfiguration,
  { timezone }: MigrateFromOriginalFlags,
): { name: string; reason: string } {
  if (timezone !== undefined) {
    if (!isTimeZone(timezone)) throw usage(`--timezone must be an IANA name such as Asia/Tokyo, not "${timezone}"`);
    return { name: timezone, reason: 'as --timezone says' };
  }
  if (sources.timezone?.from !== 'default') return { name: configuration.timezone, reason: 'the configured zone' };
  return { name: originalTimeZone, reason: "the original's default; --timezone names another" };
}

function failureAsJson({ persona, error }: Outcome): object {
  const { code, message, hint } =
    error instanceof MemoryMcpError ? error : { code: 'internal', message: String(error), hint: undefined };
  return { persona, error: { code, message, hint } };
}

function exitCodeOf(error: unknown): number {
  return errorOutcomes[error instanceof MemoryMcpError ? error.code : 'internal'].exitCode;
}

function usage(message: string): MemoryMcpError {
  return new MemoryMcpError('invalid_input', `migrate from-original: ${message}`);
}
