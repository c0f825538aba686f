/** `doctor`: looks at everything that can go wrong, says what it means, and with --fix mends what is derived. */
import { join } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { createIndexServer } from '../app.ts';
import { type LoadedConfiguration, loadConfiguration } from '../config/load.ts';
import { createPrivateFolder, personaPaths } from '../config/paths.ts';
import { systemClock } from '../core/clock.ts';
import { reasonOf } from '../core/errors.ts';
import { visibleText } from '../core/text/visible-text.ts';
import { examine } from '../doctor/examine.ts';
import type { Finding, Severity } from '../doctor/finding.ts';
import { copyDatabase } from '../store/database-copy.ts';
import { printData, printJson } from './output.ts';

export interface DoctorFlags {
  readonly fix?: boolean | undefined;
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

/** A finding as it is shown, with what --fix did about it. */
interface Shown extends Omit<Finding, 'repair'> {
  readonly repaired?: string | undefined;
}

const marks: Readonly<Record<Severity, string>> = {
  ok: 'ok     ',
  note: 'note   ',
  warning: 'WARNING',
  error: 'ERROR  ',
};

/** Returns 1 if a warning or an error is left. */
export async function doctor({ fix = false, config, json = false }: DoctorFlags): Promise<number> {
  const findings: Shown[] = [];
  const configuration = await loadConfiguration({ flags: { config } }).catch((invalid: unknown) => ({ invalid }));
  const examination = examine({
    version: manifest.version,
    now: systemClock.now,
    configuration,
    openIndexServer: createIndexServer,
    copyDatabase: copyDatabaseOf,
  });
  for await (const { repair, ...finding } of examination) {
    const shown = fix && repair !== undefined ? await mend(finding, repair) : finding;
    findings.push(shown);
    if (!json) printData(render(shown));
  }
  const left = findings.filter(({ severity, repaired }) => repaired === undefined && isBad(severity)).length;
  if (json) printJson({ findings, problems: left });
  else printData(left === 0 ? 'Nothing is wrong.' : `${left} of these need attention.`);
  return left === 0 ? 0 : 1;
}

/** Copies the database as it is. An archive would be refused: `backup` writes none of a database that it finds faulty. */
async function copyDatabaseOf({ paths }: LoadedConfiguration, persona: string): Promise<string> {
  const moment = systemClock
    .now()
    .toISOString()
    .replaceAll(/[-:]|\..*/g, '')
    .replace('T', '-');
  const copy = join(paths.backups, `before-doctor-${persona}-${moment}.sqlite`);
  createPrivateFolder(paths.backups);
  await copyDatabase(personaPaths(paths, persona).database, copy);
  return copy;
}

async function mend(finding: Omit<Finding, 'repair'>, repair: () => Promise<string>): Promise<Shown> {
  try {
    return { ...finding, repaired: await repair() };
  } catch (error) {
    return { ...finding, fix: `--fix could not mend it: ${reasonOf(error)}` };
  }
}

const isBad = (severity: Severity): boolean => severity === 'warning' || severity === 'error';

function render({ subject, severity, found, meaning, fix, repaired }: Shown): string {
  const indent = ' '.repeat(marks.ok.length + 1);
  const more =
    repaired === undefined
      ? [meaning, isBad(severity) || severity === 'note' ? fix : undefined]
      : [`Mended: ${repaired}`];
  const lines = more.flatMap((line) => (line === undefined ? [] : [`${indent}${line}`]));
  return [`${marks[severity]} ${subject}: ${found}`, ...lines].map(visibleText).join('\n');
}
