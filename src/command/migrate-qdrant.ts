/** `migrate sqlite-to-qdrant` and `migrate qdrant-to-sqlite`: copies a persona, shows how far it is, and what came of it. */
import { openApp } from '../app.ts';
import { loadConfiguration } from '../config/load.ts';
import { createLogger } from '../core/logger.ts';
import { counted, countedMemories } from '../core/text/counted.ts';
import type { MigrateFromServerReceipt } from '../service/migrate-from-server.ts';
import type { MigrateToServerReceipt } from '../service/migrate-to-server.ts';
import { countsAsAmounts, createProgressBar, printData, printJson, printNotice, wholeNumber } from './output.ts';

export interface MigrateFlags {
  readonly persona?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

export async function migrateQdrant(
  direction: 'sqlite-to-qdrant' | 'qdrant-to-sqlite',
  { dryRun = false, json = false, ...flags }: MigrateFlags,
): Promise<void> {
  const loaded = await loadConfiguration({ flags });
  const logger = createLogger({ level: () => 'warn', write: printNotice });
  for (const warning of loaded.warnings) logger.warn(warning);
  const app = openApp({ loaded, logger, kind: 'command' });
  const bar = createProgressBar(
    direction,
    countsAsAmounts((count) => counted(count, 'point')),
  );
  try {
    const receipt = await app.migrate(direction, { dryRun, onProgress: ({ done, total }) => bar.show(done, total) });
    bar.end();
    if (json) printJson(receipt);
    else printData('added' in receipt ? describeFrom(receipt) : describeTo(receipt));
  } finally {
    bar.end();
    await app.close();
  }
}

function describeTo(receipt: MigrateToServerReceipt): string {
  const { collection, dry_run, memories, vectors, waiting, before, after, compared } = receipt;
  const here = `${countedMemories(memories)} with ${counted(vectors, 'vector')}`;
  const lines = dry_run
    ? [`Nothing was sent. ${here} would be in ${collection}, which holds ${counted(before, 'point')}.`]
    : [
        `${collection} holds ${counted(after, 'vector')}, as many as memory.sqlite (${here}).`,
        `${wholeNumber(compared)} were read back and are the same. Set storage_backend to qdrant to search there.`,
      ];
  if (waiting > 0) lines.push(`${countedMemories(waiting)} without a vector yet; they follow when they have it.`);
  return lines.join('\n');
}

function describeFrom(receipt: MigrateFromServerReceipt): string {
  const { collection, dry_run, points, added, updated, kept, erased, with_vectors, skipped, skipped_points } = receipt;
  const lines = [
    `${dry_run ? 'Nothing was written. ' : ''}${collection} holds ${counted(points, 'point')}: ` +
      `${countedMemories(added)} ${dry_run ? 'to be added' : 'added'}, ${wholeNumber(updated)} updated, ` +
      `${wholeNumber(kept)} here already.`,
  ];
  if (!dry_run && added + updated > 0) {
    lines.push(`${wholeNumber(with_vectors)} of them brought their vectors; a server embeds the others.`);
  }
  if (erased > 0) lines.push(`${wholeNumber(erased)} were permanently deleted here and stay so.`);
  if (skipped > 0) lines.push(`${wholeNumber(skipped)} points are no memories:`);
  for (const { point, reason } of skipped_points) lines.push(`  ${point}: ${reason}`);
  return lines.join('\n');
}
