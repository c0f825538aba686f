/**
 * The schema as an ordered list of named steps. A file's `user_version` is the number of steps it has seen; each step
 * runs in a transaction of its own, and a step that was released is never edited.
 */
import { MemoryMcpError } from '../../core/errors.ts';
import type { Connection } from './connection.ts';
import { createFirstSchema } from './first-schema.ts';

interface Migration {
  readonly name: string;
  apply(connection: Connection): void;
}

const migrations: readonly Migration[] = [{ name: 'first schema', apply: createFirstSchema }];

const schemaVersion = migrations.length;

/** Brings the schema up to date, or refuses a newer one. Safe while other processes do the same. */
export async function migrate(connection: Connection): Promise<void> {
  // The header of the file may be older than what another process has just written to the WAL.
  refuseNewerSchema(connection.path, schemaVersionOf(connection));
  while (schemaVersionOf(connection) < schemaVersion) {
    await connection.write(() => {
      const applied = schemaVersionOf(connection);
      const next = migrations[applied];
      if (next === undefined) return;
      next.apply(connection);
      connection.pragma(`user_version = ${applied + 1}`);
    });
  }
}

function schemaVersionOf(connection: Connection): number {
  return Number(connection.pragma('user_version'));
}

/** Throws `conflict` for a file that a newer program has written. */
export function refuseNewerSchema(path: string, found: number): void {
  if (found <= schemaVersion) return;
  throw new MemoryMcpError(
    'conflict',
    `${path} was written by a newer memory-mcp (schema ${found}, this one knows ${schemaVersion})`,
    {
      hint: 'Upgrade memory-mcp, for example with "npx -y memory-mcp@latest". Nothing in the file was changed.',
    },
  );
}
