/** The report of a move, or of what it would do, as lines for people. */
import { counted, countedMemories } from '../core/text/counted.ts';
import type { MoveReceipt } from '../original/move-persona.ts';
import type { PersonaReport } from '../original/report.ts';
import { wholeNumber } from './output.ts';

export function describePersona(report: PersonaReport | MoveReceipt, zoneReason: string): string {
  const { persona, former_name, memories, deleted, columns, context } = report;
  const name = former_name === undefined ? persona : `${persona} (its folder was ${JSON.stringify(former_name)})`;
  const lines = [
    `${name}: ${countedMemories(memories)}${deleted > 0 ? `, ${wholeNumber(deleted)} of them deleted` : ''}, ${columns} columns`,
    ...('verified' in report ? [describeReceipt(report)] : []),
    ...(context.length > 0 ? [`context: ${context.join(', ')}`] : []),
    ...describeTimes(report, zoneReason),
    ...describeCounts('kept as JSON with the memory, without a field here', report.kept_as_json),
    ...describeCounts("not imported, only in the original's files", report.not_imported),
    ...describeDamage(report),
  ];
  return lines.join('\n  ');
}

function describeReceipt({ imported, verified, in_place }: MoveReceipt): string {
  const { added, updated, kept, erased } = imported;
  const known = [
    ...(updated > 0 ? [`${wholeNumber(updated)} updated`] : []),
    ...(kept > 0 ? [`${wholeNumber(kept)} were here already`] : []),
    ...(erased > 0 ? [`${wholeNumber(erased)} were permanently deleted here and stay so`] : []),
  ];
  const files = in_place ? '; the old files are in original/, --undo puts them back' : '';
  return `moved: ${[`${wholeNumber(added)} added`, ...known].join(', ')}; ${wholeNumber(verified.compared)} read back and the same${files}`;
}

function describeTimes({ timezone, local_times, oldest, newest }: PersonaReport, reason: string): string[] {
  if (local_times === 0 || oldest === undefined || newest === undefined) return [];
  const pairs = oldest.there === newest.there ? [oldest] : [oldest, newest];
  return [
    `${counted(local_times, 'time')} without a zone, read as ${timezone} (${reason}):`,
    ...pairs.map(({ there, here }) => `  ${there} there is ${here} here`),
  ];
}

function describeCounts(title: string, counts: Readonly<Record<string, number>>): string[] {
  const entries = Object.entries(counts);
  if (entries.length === 0) return [];
  return [`${title}: ${entries.map(([name, number]) => `${name} (${wholeNumber(number)})`).join(', ')}`];
}

function describeDamage({ damaged, damaged_count }: PersonaReport): string[] {
  if (damaged_count === 0) return [];
  const more = damaged_count - damaged.length;
  return [
    `damaged: ${wholeNumber(damaged_count)}`,
    ...damaged.map(({ key, reason, imported }) => `  ${key}: ${reason}${imported ? '' : '; not imported'}`),
    ...(more > 0 ? [`  and ${wholeNumber(more)} more`] : []),
  ];
}
