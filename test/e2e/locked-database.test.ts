/** A database that another process has locked: the writer waits, and every other persona is served meanwhile. */
import { mkdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { dataPaths, personaPaths } from '../../src/config/paths.ts';
import { openConnection } from '../../src/store/sqlite/connection.ts';
import { spawnHttpServer } from '../support/http-server.ts';
import { folderOfTest } from '../support/model-servers.ts';

const heldMilliseconds = 2_500;
/** A tenth of what an undisturbed server answers in that time, and ten times what one does that waits inside SQLite. */
const expectedAnswers = 25;

/** Lists of another persona that were answered while the lock was held. */
async function answersWhile(locked: () => boolean, list: () => Promise<unknown>): Promise<number> {
  let answers = 0;
  while (locked()) {
    await list();
    answers += 1;
  }
  return answers;
}

describe('a database that another process has locked', () => {
  it.each([
    ['for writing', 'BEGIN IMMEDIATE'],
    [
      'for itself, before the server has opened it',
      'PRAGMA journal_mode = DELETE; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE',
    ],
  ])('%s holds up its own writers only', async (_how, lock) => {
    const dataDir = folderOfTest();
    const { folder, database } = personaPaths(dataPaths(dataDir), 'default');
    const first = await spawnHttpServer({ dataDir });
    await first.api('memory_create', { content: 'before the lock' });
    await first.api('memory_create', { content: 'of another persona' }, { 'x-persona': 'other' });
    await first.kill('SIGTERM');
    const server = await spawnHttpServer({ dataDir });
    if (lock === 'BEGIN IMMEDIATE') await server.api('memory_list');
    await server.api('memory_list', {}, { 'x-persona': 'other' });

    mkdirSync(folder, { recursive: true });
    const other = await openConnection({ path: database, busyTimeout: 5_000 });
    other.execute(lock);
    let locked = true;
    const released = delay(heldMilliseconds).then(() => {
      other.execute('COMMIT');
      other.close();
      locked = false;
    });
    const waiting = Array.from({ length: 4 }, (_, index) =>
      server.api('memory_create', { content: `waiting ${index}` }),
    );
    const answers = await answersWhile(
      () => locked,
      () => server.api('memory_list', {}, { 'x-persona': 'other' }),
    );
    await released;
    await Promise.all(waiting);
    expect(answers).toBeGreaterThan(expectedAnswers);
    expect((await server.api('memory_list')).total).toBe(5);
  });
});
