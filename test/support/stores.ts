/**
 * Stores for tests: a folder that goes away with the test, opened stores that close with it, and what is needed to
 * fill them.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import { MemoryMcpError } from '../../src/core/errors.ts';
import type { MemoryFilter } from '../../src/core/memory.ts';
import type { MemoryStore } from '../../src/store/memory-store.ts';
import { openMemoryStore } from '../../src/store/memory-store.ts';
import type { MemoryDraft } from '../../src/store/memory-table.ts';

export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'memory-mcp-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** A store in a file, in a folder of its own unless a path is given. */
export async function openTestStore(path = join(testFolder(), 'memory.sqlite')): Promise<MemoryStore> {
  const store = await openMemoryStore({ path, persona: 'tester', busyTimeout: 1_000 });
  onTestFinished(() => store.close());
  return store;
}

export const live: MemoryFilter = { deleted: 'exclude' };

/** The moment at which drafts are made unless they say otherwise. */
export const now = '2026-11-24T00:30:00.000Z';

export function draft(content: string, changes: Partial<MemoryDraft> = {}): MemoryDraft {
  return {
    content,
    tags: [],
    importance: 0.5,
    source: 'tests',
    created_at: now,
    key: 'memory_20261124093000',
    ...changes,
  };
}

export interface SettableClock extends Clock {
  set(moment: string): void;
  advance(milliseconds: number): void;
}

export function settableClock(moment = now): SettableClock {
  let time = Date.parse(moment);
  return {
    now: () => new Date(time),
    monotonic: () => time,
    set: (next) => {
      time = Date.parse(next);
    },
    advance: (milliseconds) => {
      time += milliseconds;
    },
  };
}

/** The product's error that `work` ends in; anything else fails the test. */
export async function failureOf(work: () => unknown): Promise<MemoryMcpError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof MemoryMcpError) return error;
    throw error;
  }
  throw new Error('it succeeded, but should have failed');
}

/** The bytes of every file below a folder, by name: to see that nothing changed, or what is left in them. */
export function filesIn(folder: string): Map<string, Buffer> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [file.slice(folder.length + 1), readFileSync(file)]),
  );
}
