/** The report of an import as text for people. */
import { visibleText } from '../core/text/visible-text.ts';
import type { ImportReport } from '../transfer/import-report.ts';
import { wholeNumber } from './output.ts';

const shownSecrets = 20;

export interface ImportOutline {
  readonly title: string;
  /** Whose memories they become. */
  readonly persona: string;
  readonly embeds: boolean;
}

export function describeImport(report: ImportReport, { title, persona, embeds }: ImportOutline): string {
  const { dry_run: dryRun, documents, context, reasons, secrets, ignored_fields: ignored } = report;
  const counts = [
    `${wholeNumber(report.new)} new`,
    ...(report.updated > 0 ? [`${wholeNumber(report.updated)} updated`] : []),
    `${wholeNumber(report.duplicate)} here already`,
    ...(report.erased > 0 ? [`${wholeNumber(report.erased)} permanently deleted here, which they stay`] : []),
    ...(report.skipped > 0 ? [`${wholeNumber(report.skipped)} skipped`] : []),
    ...(report.left_out > 0 ? [`${wholeNumber(report.left_out)} left out as secrets`] : []),
  ];
  const files = documents === 1 ? '1 file' : `${wholeNumber(documents)} files`;
  const lines = [`${dryRun ? 'Nothing was written. ' : ''}${title}, ${files} into ${persona}: ${counts.join(', ')}.`];
  if (context.length > 0) lines.push(`Context ${dryRun ? 'that would be ' : ''}taken over: ${context.join(', ')}.`);
  for (const { reason, count, places } of reasons) {
    const more = count > places.length ? ', …' : '';
    lines.push(`  skipped ${wholeNumber(count)}: ${reason} (${places.join('; ')}${more})`);
  }
  for (const { place, kind } of secrets.slice(0, shownSecrets)) lines.push(`  ${place}: looks like ${kind}`);
  if (secrets.length > shownSecrets) lines.push('  … more places in the report of --json');
  if (report.left_out > 0) lines.push('Remove the secrets there, or import them with --include-secrets.');
  for (const [field, count] of Object.entries(ignored)) {
    lines.push(`  ignored ${wholeNumber(count)}: the field ${field}, which no memory has`);
  }
  if (report.remaining > 0) {
    const next = dryRun ? 'another run would continue' : 'run it again to continue, or set --limit';
    lines.push(`${wholeNumber(report.remaining)} more are new; the limit of one run is reached: ${next}.`);
  }
  if (embeds && !dryRun && report.new + report.updated > 0)
    lines.push('A server embeds them when it next runs; words find them at once.');
  return visibleText(lines.join('\n'));
}
