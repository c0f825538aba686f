/** What other users of a database see while a restore replaces it. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { copyDatabase } from '../../../src/store/database-copy.ts';
import { holdDatabase } from '../../../src/store/replace-database.ts';
import { draft, live, openTestStore, testFolder } from '../../support/stores.ts';

describe('a database that is replaced', () => {
  it('makes others wait, who then open the new one', async () => {
    const folder = testFolder();
    const [path, replacement, kept] = ['memory.sqlite', 'new.sqlite', 'kept.sqlite'].map((name) => join(folder, name));
    if (path === undefined || replacement === undefined || kept === undefined) throw new Error('three paths');
    const before = await openTestStore(path);
    await before.memories.create(draft('in both'));
    await copyDatabase(path, replacement);
    await before.memories.create(draft('in the old one'));
    await before.close();

    const held = await holdDatabase(path);
    let opened = false;
    const opening = openTestStore(path).then((store) => {
      opened = true;
      return store;
    });
    // Many times as long as it takes to open one that is not held.
    await delay(200);
    expect(opened).toBe(false);
    await held.replace({ replacement, kept });
    held.release();

    const after = await opening;
    expect(after.memories.count(live)).toBe(1);
    await after.memories.create(draft('written afterwards'));
    expect((await openTestStore(path)).memories.count(live)).toBe(2);
    expect((await openTestStore(kept)).memories.count(live)).toBe(2);
  });

  it('is not held while somebody has it open', async () => {
    const path = join(testFolder(), 'memory.sqlite');
    const store = await openTestStore(path);
    await expect(holdDatabase(path)).rejects.toMatchObject({ code: 'busy' });
    expect((await store.memories.create(draft('still works'))).created).toBe(true);
  });
});
