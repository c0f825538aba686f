/** Stores and commands for the tests of exports and imports. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type MemoryStore, openMemoryStore } from '../../src/store/memory-store.ts';
import { type CommandResult, runCommand } from './run-command.ts';
import { openTestStore } from './stores.ts';

export function run(dataDir: string, ...args: string[]): Promise<CommandResult> {
  return runCommand(args, { dataDir });
}

/** Runs a command that must succeed, and returns what it printed. */
export async function succeed(dataDir: string, ...args: string[]): Promise<string> {
  const { out, err, code } = await run(dataDir, ...args);
  expect({ err, code }).toMatchObject({ code: 0 });
  return out;
}

/** The report of an import. */
export async function importReport(dataDir: string, ...args: string[]) {
  return JSON.parse(await succeed(dataDir, 'import', '--json', ...args));
}

function databaseIn(dataDir: string, persona = 'default'): string {
  const folder = join(dataDir, 'memory', persona);
  mkdirSync(folder, { recursive: true });
  return join(folder, 'memory.sqlite');
}

/** Opens the store of a persona for `work` alone. */
export async function withStore<Result>(
  dataDir: string,
  work: (store: MemoryStore) => Promise<Result> | Result,
  persona = 'default',
): Promise<Result> {
  const store = await openMemoryStore({ path: databaseIn(dataDir, persona), persona, busyTimeout: 1_000 });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** All that a store knows of its memories, by key, in order; without the ids, which belong to one store. */
export async function contentsOf(dataDir: string, persona = 'default') {
  const store = await openTestStore(databaseIn(dataDir, persona));
  const memories = store.memories.list({ filter: { deleted: 'include' }, order: 'oldest', limit: 1_000_000 });
  return memories.map(({ id: _, ...memory }) => ({
    ...memory,
    versions: store.memories.versions(memory.key),
    imported: store.importedFields.of(memory.key),
  }));
}
