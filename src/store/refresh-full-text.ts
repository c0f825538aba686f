/**
 * Rebuilds the full-text index if the rules for extracting terms have changed since it was built. Runs once after an
 * upgrade, in one transaction: no search ever sees a partial index.
 */
import { termsVersion } from '../core/text/terms.ts';
import type { FullText } from './full-text.ts';
import type { Connection } from './sqlite/connection.ts';
import { outdatedFile } from './sqlite/migrations.ts';

export async function refreshFullText(connection: Connection, fullText: FullText): Promise<void> {
  if (readTermsVersion(connection) === termsVersion) return;
  await connection.write(() => {
    // Another process may have rebuilt it while this one waited for the lock.
    if (readTermsVersion(connection) === termsVersion) return;
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
