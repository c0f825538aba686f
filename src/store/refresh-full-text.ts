/**
 * Rebuilds the full-text index: after an upgrade that changed how terms are extracted, and where it was found damaged. Runs
 * in one transaction, so no search ever sees a partial index.
 */
import { termsVersion } from '../core/text/terms.ts';
import { createFullText, type FullText } from './full-text.ts';
import { type Connection, openConnection } from './sqlite/connection.ts';
import { outdatedFile } from './sqlite/migrations.ts';

/** Rebuilds the index if another version of the rules built it. */
export async function refreshFullText(connection: Connection, fullText: FullText): Promise<void> {
  if (readTermsVersion(connection) === termsVersion) return;
  // Another process may have rebuilt it while this one waited for the lock.
  await rebuild(connection, fullText, () => readTermsVersion(connection) !== termsVersion);
}

/** Rebuilds the full-text index of the database at `path`, which must have the current schema. */
export async function rebuildFullText(path: string): Promise<void> {
  const connection = await openConnection({ path, busyTimeout: 5_000 });
  try {
    await rebuild(connection, createFullText(connection), () => true);
  } finally {
    connection.close();
  }
}

async function rebuild(connection: Connection, fullText: FullText, isNeeded: () => boolean): Promise<void> {
  await connection.write(() => {
    if (!isNeeded()) return;
    connection.execute("INSERT INTO memory_text (memory_text) VALUES ('delete-all')");
    connection.execute("UPDATE meta SET value = 0 WHERE name IN ('text_count', 'text_length')");
    const page = connection.sql<{ id: number; content: string }>(
      'SELECT id, content FROM memories WHERE id > ? ORDER BY id LIMIT 1000',
    );
    for (let rows = page.all(0); rows.length > 0; rows = page.all(rows.at(-1)?.id ?? Number.MAX_SAFE_INTEGER)) {
      for (const { id, content } of rows) fullText.add(id, content);
    }
    connection.sql('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)').run('terms_version', termsVersion);
  });
}

/** Throws `conflict` if the index must be rebuilt first. */
export function requireCurrentFullText(connection: Connection): void {
  if (readTermsVersion(connection) !== termsVersion) throw outdatedFile(connection.path);
}

function readTermsVersion(connection: Connection): number | undefined {
  return connection.sql<{ value: number }>("SELECT value FROM meta WHERE name = 'terms_version'").get()?.value;
}
