/**
 * Opens the personas of one data folder. Each is opened once, shared by concurrent calls, and closed after a long idle
 * time or when the limit of open personas is reached. A persona is created by the first write; reading one that does
 * not exist creates nothing.
 */

import {
  createPrivateFolder,
  type DataPaths,
  findPersonaFolder,
  type PersonaPaths,
  personaFolders,
  personaPaths,
} from '../config/paths.ts';
import type { Clock } from '../core/clock.ts';
import { reasonOf } from '../core/errors.ts';
import { createInFlight } from '../core/in-flight.ts';
import type { Logger } from '../core/logger.ts';
import { parsePersonaName } from '../core/persona.ts';
import { minuteLength, secondLength } from '../core/time/durations.ts';
import { pathExists } from '../files/path-exists.ts';
import type { Workspace } from './workspace.ts';

export interface PersonasDeps {
  readonly paths: DataPaths;
  readonly open: (persona: string, where: { paths: PersonaPaths; exists: boolean }) => Promise<Workspace>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** At this limit the least recently used idle workspace is closed. If none is idle, the call waits. */
  readonly maximumOpen?: number;
  /** Idle time after which a workspace is closed. */
  readonly closeAfterMilliseconds?: number;
  /** Deferred work of the data folder as a whole, done when personas are checked for theirs. */
  readonly onIdle?: () => Promise<void>;
  /** How often idle workspaces run their idle tasks, until none is left. */
  readonly idleTaskMilliseconds?: number;
}

interface Opened {
  readonly folder: string;
  readonly workspace: Promise<Workspace>;
  users: number;
  lastUsed: number;
  /** True if no idle tasks are left. */
  idleTasksDone: boolean;
  /** The open workspace; undefined until it is open. */
  current: Workspace | undefined;
}

export function createPersonas(deps: PersonasDeps) {
  const { paths, open, clock, logger } = deps;
  const { closeAfterMilliseconds = 10 * minuteLength, idleTaskMilliseconds = 5 * secondLength } = deps;
  const opened = new Map<string, Opened>();
  const closing = new Map<string, Promise<void>>();
  const inFlight = createInFlight();
  const slots = createSemaphore(deps.maximumOpen ?? 100);

  const idleTimer = setInterval(() => void inFlight.track(runIdleTasks()), idleTaskMilliseconds);
  idleTimer.unref();

  function getOrOpen(folder: string): Opened {
    const known = opened.get(folder);
    if (known !== undefined && !isReplaced(known)) return known;
    if (known !== undefined) void inFlight.track(closeEntry(known));
    const workspace = openInSlot(folder);
    const lastUsed = clock.monotonic();
    const entry: Opened = { folder, workspace, users: 0, lastUsed, idleTasksDone: true, current: undefined };
    opened.set(folder, entry);
    const remember = (current: Workspace) => {
      entry.current = current;
    };
    // After a failure the next call tries to open it again.
    workspace.then(remember, () => opened.delete(folder));
    return entry;
  }

  /** The file was deleted or replaced from outside: further writes to the open one would be lost. */
  function isReplaced({ users, current }: Opened): boolean {
    return users === 0 && current !== undefined && !current.store.isInPlace();
  }

  async function openInSlot(folder: string): Promise<Workspace> {
    // Never open the same files twice: a workspace that is closing may still write its index.
    await closing.get(folder);
    const slot = slots.acquire();
    makeRoom();
    await slot;
    try {
      return await open(folder, { paths: personaPaths(paths, folder), exists: true });
    } catch (error) {
      slots.release();
      throw error;
    }
  }

  async function useFolder<Result>(folder: string, work: (workspace: Workspace) => Promise<Result>): Promise<Result> {
    const entry = getOrOpen(folder);
    entry.users++;
    try {
      return await work(await entry.workspace);
    } finally {
      entry.users--;
      entry.lastUsed = clock.monotonic();
      entry.idleTasksDone = false;
      makeRoom();
    }
  }

  /** Closes the least recently used idle workspaces, one for each call that waits for a slot. */
  function makeRoom(): void {
    const idle = [...opened.values()].filter(({ users }) => users === 0).sort((a, b) => a.lastUsed - b.lastUsed);
    const needed = Math.max(0, slots.waitingCount() - closing.size);
    for (const entry of idle.slice(0, needed)) void inFlight.track(closeEntry(entry));
  }

  function closeEntry(entry: Opened): Promise<void> {
    const { folder, workspace } = entry;
    if (opened.get(folder) !== entry) return closing.get(folder) ?? Promise.resolve();
    opened.delete(folder);
    const closed = workspace
      .then((open) => open.close())
      .catch((error: unknown) => logger.warn('closing a persona failed', { persona: folder, reason: reasonOf(error) }))
      .finally(() => {
        closing.delete(folder);
        slots.release();
      });
    closing.set(folder, closed);
    return closed;
  }

  async function runIdleTasks(): Promise<void> {
    if ([...opened.values()].every(({ users }) => users === 0)) await deps.onIdle?.();
    for (const entry of opened.values()) {
      if (entry.users > 0) continue;
      const idle = clock.monotonic() - entry.lastUsed;
      try {
        if (!entry.idleTasksDone) entry.idleTasksDone = await (await entry.workspace).runIdleTasks(idle);
      } catch (error) {
        logger.warn('idle tasks failed and will be retried', { persona: entry.folder, reason: reasonOf(error) });
      }
      if (entry.idleTasksDone && entry.users === 0 && idle >= closeAfterMilliseconds) await closeEntry(entry);
    }
  }

  /** Reads a persona that does not exist from an empty workspace in memory. Writes nothing to disk. */
  async function useEmpty<Result>(persona: string, work: (workspace: Workspace) => Promise<Result>): Promise<Result> {
    const workspace = await open(persona, { paths: personaPaths(paths, persona), exists: false });
    try {
      return await work(workspace);
    } finally {
      await workspace.close();
    }
  }

  const findFolder = (persona: string) => (opened.has(persona) ? persona : findPersonaFolder(paths, persona));
  /** Throws `backend_unavailable` if the disk cannot be read, because the persona must not look empty then. */
  const hasMemories = (folder: string) => {
    const { folder: place, database } = personaPaths(paths, folder);
    return pathExists(place) && pathExists(database);
  };
  const mayHaveMemories = (folder: string) => {
    try {
      return hasMemories(folder);
    } catch {
      return true;
    }
  };

  return {
    /** Runs `work` in a persona's workspace, which stays open at least that long. Validates `name`. */
    use<Result>(
      name: string,
      effect: 'read' | 'write',
      work: (workspace: Workspace) => Promise<Result>,
    ): Promise<Result> {
      const persona = parsePersonaName(name);
      const folder = findFolder(persona);
      if (effect === 'write') createPrivateFolder(personaPaths(paths, folder ?? persona).folder);
      else if (folder === undefined || !hasMemories(folder)) return inFlight.track(useEmpty(folder ?? persona, work));
      return inFlight.track(useFolder(folder ?? persona, work));
    },
    /** The folder that `use` would open; undefined if there is none yet. Throws `conflict` if the name is ambiguous. */
    findFolder,
    /** Resumes embedding in every open workspace. Call it when a model may have become available. */
    onModelsChanged(): void {
      for (const entry of opened.values()) {
        entry.idleTasksDone = false;
        // Also in a workspace that is in use: the call there may have loaded the model.
        entry.workspace.then(
          ({ embeddingScheduler }) => embeddingScheduler.drain(),
          () => {},
        );
      }
    },
    /** The personas that have a folder, sorted. */
    names: (): string[] => personaFolders(paths).filter(mayHaveMemories),
    openCount: (): number => slots.usedCount(),
    /** Waits for running calls, then closes every workspace. */
    async close(): Promise<void> {
      clearInterval(idleTimer);
      await inFlight.ended();
      await Promise.all([...[...opened.values()].map(closeEntry), ...closing.values()]);
    },
  };
}

export type Personas = ReturnType<typeof createPersonas>;

function createSemaphore(count: number): {
  acquire(): Promise<void>;
  release(): void;
  usedCount(): number;
  waitingCount(): number;
} {
  let free = count;
  const queue: (() => void)[] = [];
  return {
    acquire() {
      if (free === 0) return new Promise((resolve) => queue.push(resolve));
      free -= 1;
      return Promise.resolve();
    },
    release() {
      const next = queue.shift();
      if (next === undefined) free += 1;
      else next();
    },
    usedCount: () => count - free,
    waitingCount: () => queue.length,
  };
}
