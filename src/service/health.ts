/**
 * Health, by live probes: a read and a write in the data folder, and the state of recall. The reply contains nothing
 * secret; reasons go to the log.
 */

import { existsSync } from 'node:fs';
import { access, constants, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MemoryMcpError, reasonOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { privateFileMode } from '../files/private-modes.ts';
import type { Scope } from '../persona/scope.ts';
import type { Workspace } from '../persona/workspace.ts';
import { recallStatus } from '../search/recall-status.ts';
import { openConnection } from '../store/sqlite/connection.ts';

export interface Health {
  /** `unavailable` only when the database cannot be read or written. */
  readonly status: 'ok' | 'degraded' | 'unavailable';
  readonly checks: { readonly database: 'ok' | 'unavailable'; readonly recall: 'ok' | 'degraded' | 'unknown' };
}

export interface HealthDeps {
  readonly use: <Value>(work: (scope: Scope) => Promise<Value>) => Promise<Value>;
  /** Throws if the persona is not here yet. */
  readonly checkMoved: () => void;
  readonly logger: Logger;
}

/** The server works, and one persona has to wait. */
const withoutPersona: Health = { status: 'degraded', checks: { database: 'ok', recall: 'unknown' } };

/** Model states in which searches find less than they should. */
const withoutModel = ['downloading', 'absent', 'failed', 'runtime missing'];

export async function checkHealth({ use, checkMoved, logger }: HealthDeps): Promise<Health> {
  try {
    checkMoved();
  } catch {
    return withoutPersona;
  }
  try {
    return await use(async (scope) => {
      await probe(scope.workspace);
      await scope.workspace.vectorSearch.check();
      const { state, index_problem } = recallStatus(scope);
      const recall = withoutModel.includes(state) || index_problem !== undefined ? 'degraded' : 'ok';
      return { status: recall, checks: { database: 'ok', recall } };
    });
  } catch (error) {
    logger.warn('the health check failed', { reason: reasonOf(error) });
    // A file of another program or of a newer version affects one persona only.
    if (error instanceof MemoryMcpError && error.code === 'conflict') {
      return withoutPersona;
    }
    return { status: 'unavailable', checks: { database: 'unavailable', recall: 'unknown' } };
  }
}

async function probe({ exists, paths }: Workspace): Promise<void> {
  const memory = dirname(paths.folder);
  await probeDisk(existsSync(memory) ? memory : dirname(memory));
  if (!exists) return;
  await access(paths.database, constants.R_OK | constants.W_OK);
  // Uses its own connection, because the open one may answer from its cache.
  const connection = await openConnection({ path: paths.database, busyTimeout: 1_000, readOnly: true });
  try {
    connection.sql('SELECT count(*) FROM meta').get();
  } finally {
    connection.close();
  }
}

/** A full disk is only noticed by writing. */
async function probeDisk(folder: string): Promise<void> {
  const file = join(folder, '.health-probe');
  try {
    await writeFile(file, Buffer.alloc(4096), { mode: privateFileMode });
  } finally {
    await rm(file, { force: true });
  }
}
