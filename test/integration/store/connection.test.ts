/** Connections: snapshots, writers that wait for each other, and failures in the product's own words. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Connection, openConnection } from '../../../src/store/sqlite/connection.ts';
import { failureOf, filesIn, now, openTestStore, testFolder } from '../../support/stores.ts';

async function connect(path: string, busyTimeout = 50): Promise<Connection> {
  const connection = await openConnection({ path, busyTimeout });
  onTestFinished(() => connection.close());
  return connection;
}

async function twoConnections(busyTimeout?: number): Promise<[Connection, Connection]> {
  const path = join(testFolder(), 'memory.sqlite');
  const one = await connect(path, busyTimeout);
  await one.write(() => one.execute('CREATE TABLE numbers (n INTEGER PRIMARY KEY)'));
  return [one, await connect(path, busyTimeout)];
}

const count = (connection: Connection) =>
  connection.sql<{ n: number }>('SELECT count(*) AS n FROM numbers').get()?.n ?? -1;
const insert = (connection: Connection) => connection.sql('INSERT INTO numbers DEFAULT VALUES').run();

describe('a read', () => {
  it('sees one state from start to end while others write', async () => {
    const [one, two] = await twoConnections();
    const seen = one.read(() => {
      const before = count(one);
      two.execute('INSERT INTO numbers DEFAULT VALUES');
      return [before, count(one), one.read(() => count(one))];
    });
    expect(seen).toEqual([0, 0, 0]);
    expect(count(one)).toBe(1);
  });

  it('may stand inside a write and then sees what was written', async () => {
    const [one] = await twoConnections();
    const seen = await one.write(() => {
      insert(one);
      return one.read(() => count(one));
    });
    expect(seen).toBe(1);
  });

  it('that fails leaves nothing open', async () => {
    const [one] = await twoConnections();
    expect(() =>
      one.read(() => {
        throw new Error('stop');
      }),
    ).toThrow('stop');
    await one.write(() => insert(one));
    expect(count(one)).toBe(1);
  });
});

describe('a write', () => {
  it('is all or nothing', async () => {
    const [one, two] = await twoConnections();
    const failing = one.write(() => {
      insert(one);
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    expect([count(one), count(two)]).toEqual([0, 0]);
  });

  it('that is asked for inside another transaction begins after it', async () => {
    const [one] = await twoConnections();
    const inner: Promise<unknown>[] = [];
    one.read(() => {
      inner.push(one.write(() => insert(one)));
      expect(count(one)).toBe(0);
    });
    expect(count(one)).toBe(0);
    await inner[0];
    expect(count(one)).toBe(1);
  });

  it('waits for another writer without blocking the event loop', async () => {
    const [one, two] = await twoConnections(1);
    two.execute('BEGIN IMMEDIATE');
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);
    setTimeout(() => two.execute('COMMIT'), 300);
    await one.write(() => insert(one));
    clearInterval(ticking);
    expect(count(one)).toBe(1);
    expect(turns).toBeGreaterThan(5);
  });

  it('gives up with "busy" where the other writer never ends, and works again afterwards', async () => {
    const [one, two] = await twoConnections(1);
    two.execute('BEGIN IMMEDIATE');
    const failure = await failureOf(() => one.write(() => insert(one)));
    expect([failure.code, failure.message]).toEqual(['busy', expect.stringContaining('memory.sqlite is locked')]);
    expect(failure.hint).toContain('Try again');
    two.execute('ROLLBACK');
    await one.write(() => insert(one));
    expect(count(two)).toBe(1);
  });

  it('of bulk kind leaves the next one durable', async () => {
    const [one] = await twoConnections();
    const level = () => one.pragma('synchronous');
    expect(await one.write(level, 'bulk')).toBe(1);
    expect(level()).toBe(2);
    await expect(
      one.write(() => {
        throw new Error('stop');
      }, 'bulk'),
    ).rejects.toThrow('stop');
    expect(await one.write(level)).toBe(2);
  });

  it('that has no room left says so, loses nothing, and goes on when there is room again', async () => {
    const [one, two] = await twoConnections();
    one.execute('CREATE TABLE texts (text TEXT)');
    const store = () => one.write(() => one.sql('INSERT INTO texts VALUES (?)').run('x'.repeat(3_000)));
    one.pragma('max_page_count = 10');
    let stored = 0;
    const failure = await failureOf(async () => {
      for (;;) {
        await store();
        stored++;
      }
    });
    expect(failure.code).toBe('backend_unavailable');
    expect(failure.message).toContain('disk is full');
    expect(failure.message).toContain('nothing was changed');
    const found = () => two.sql<{ n: number }>('SELECT count(*) AS n FROM texts').get()?.n;
    expect(found()).toBe(stored);
    one.pragma('max_page_count = 1000');
    await store();
    expect(found()).toBe(stored + 1);
    expect(two.pragma('integrity_check')).toBe('ok');
  });
});

describe('emptying the WAL', () => {
  it('leaves no byte in it', async () => {
    const folder = testFolder();
    const one = await connect(join(folder, 'memory.sqlite'));
    one.execute('CREATE TABLE numbers (n INTEGER PRIMARY KEY)');
    expect(filesIn(folder).get('memory.sqlite-wal')?.length).toBeGreaterThan(0);
    expect(one.emptyWal()).toBe(true);
    expect(filesIn(folder).get('memory.sqlite-wal')?.length).toBe(0);
  });

  it('is refused at once while another connection still reads from it', async () => {
    const [one, two] = await twoConnections(60_000);
    two.execute('BEGIN');
    count(two);
    await one.write(() => insert(one));
    // With the long busy timeout this would take a minute.
    expect(one.emptyWal()).toBe(false);
    two.execute('COMMIT');
    expect(one.emptyWal()).toBe(true);
  });
});

it('a statement that failed can be used again', async () => {
  const [one] = await twoConnections();
  const statement = one.sql('INSERT INTO numbers VALUES (?)');
  statement.run(1);
  expect(() => statement.run(1)).toThrow(/UNIQUE|PRIMARY/i);
  statement.run(2);
  expect(count(one)).toBe(2);
});

it('deleted text is overwritten, and no temporary file ever holds any', async () => {
  const [one] = await twoConnections();
  expect(one.pragma('secure_delete')).toBe(1);
  expect(one.pragma('temp_store')).toBe(2);
  expect(one.pragma('foreign_keys')).toBe(1);
  expect(one.pragma('journal_mode')).toBe('wal');
  expect(one.pragma('synchronous')).toBe(2);
});

it.skipIf(process.platform === 'win32')('files can be read by their owner alone', async () => {
  const folder = testFolder();
  const store = await openTestStore(join(folder, 'memory.sqlite'));
  await store.context.change(() => new Map([['emotion', { value: 'joy', updated_at: now }]]));
  const modes = readdirSync(folder).map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]);
  expect(modes).toEqual([
    ['memory.sqlite', '600'],
    ['memory.sqlite-shm', '600'],
    ['memory.sqlite-wal', '600'],
  ]);
});
