/**
 * All personas of one data folder: each is opened once, kept while it is used, and closed when it has been idle for
 * long or when another one needs its place. Reading a persona that does not exist creates nothing; the first write
 * creates it.
 */

import { existsSync, statSync } from 'node:fs';
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
import type { Workspace } from './workspace.ts';

export interface PersonasDeps {
  readonly paths: DataPaths;
  readonly open: (persona: string, where: { paths: PersonaPaths; exists: boolean }) => Promise<Workspace>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Past it the least recently used idle workspace makes room; if none is idle, the next one waits. */
  readonly maximumOpen?: number;
  /** A workspace that nobody has used for so long is closed. */
  readonly closeAfterMilliseconds?: number;
  /** How often workspaces that nobody uses are asked to settle, until nothing is left to do. */
  readonly settleMilliseconds?: number;
}

interface Opened {
  readonly folder: string;
  readonly workspace: Promise<Workspace>;
  users: number;
  lastUsed: number;
  settled: boolean;
  /** Which file on disk is open, once it is. */
  file: string | undefined;
}

export function createPersonas(parts: PersonasDeps) {
  const { paths, open, clock, logger } = parts;
  const { closeAfterMilliseconds = 10 * minuteLength, settleMilliseconds = 5 * secondLength } = parts;
  const opened = new Map<string, Opened>();
  const closing = new Map<string, Promise<void>>();
  const inFlight = createInFlight();
  const places = createPlaces(parts.maximumOpen ?? 100);

  const idleTimer = setInterval(() => void inFlight.track(settleIdle()), settleMilliseconds);
  idleTimer.unref();

  function enter(folder: string): Opened {
    const known = opened.get(folder);
    if (known !== undefined && !isReplaced(known)) return known;
    if (known !== undefined) void inFlight.track(leave(known));
    const workspace = openInPlace(folder);
    const entry: Opened = { folder, workspace, users: 0, lastUsed: clock.monotonic(), settled: true, file: undefined };
    opened.set(folder, entry);
    const remember = () => {
      entry.file = fileIdentity(personaPaths(paths, folder).database);
    };
    // A workspace that could not be opened must be tried again by the next call.
    workspace.then(remember, () => opened.delete(folder));
    return entry;
  }

  /** Somebody deleted the file or put another in its place: what is written to the open one would be lost. */
  function isReplaced({ folder, users, file }: Opened): boolean {
    return users === 0 && file !== undefined && file !== fileIdentity(personaPaths(paths, folder).database);
  }

  async function openInPlace(folder: string): Promise<Workspace> {
    // The same files are never open twice: what is being closed may still write its index.
    await closing.get(folder);
    const place = places.take();
    makeRoom();
    await place;
    try {
      return await open(folder, { paths: personaPaths(paths, folder), exists: true });
    } catch (error) {
      places.leave();
      throw error;
    }
  }

  async function useFolder<Result>(folder: string, work: (workspace: Workspace) => Promise<Result>): Promise<Result> {
    const entry = enter(folder);
    entry.users++;
    try {
      return await work(await entry.workspace);
    } finally {
      entry.users--;
      entry.lastUsed = clock.monotonic();
      entry.settled = false;
      makeRoom();
    }
  }

  /** Closes the least recently used idle workspaces, one for each that waits for a place. */
  function makeRoom(): void {
    const idle = [...opened.values()].filter(({ users }) => users === 0).sort((a, b) => a.lastUsed - b.lastUsed);
    for (const entry of idle.slice(0, Math.max(0, places.waiting() - closing.size))) void inFlight.track(leave(entry));
  }

  function leave(entry: Opened): Promise<void> {
    const { folder, workspace } = entry;
    if (opened.get(folder) !== entry) return closing.get(folder) ?? Promise.resolve();
    opened.delete(folder);
    const closed = workspace
      .then((open) => open.close())
      .catch((error: unknown) => logger.warn('closing a persona failed', { persona: folder, reason: reasonOf(error) }))
      .finally(() => {
        closing.delete(folder);
        places.leave();
      });
    closing.set(folder, closed);
    return closed;
  }

  async function settleIdle(): Promise<void> {
    for (const entry of opened.values()) {
      if (entry.users > 0) continue;
      const idle = clock.monotonic() - entry.lastUsed;
      try {
        if (!entry.settled) entry.settled = await (await entry.workspace).settle(idle);
      } catch (error) {
        logger.warn('idle work failed and will be tried again', { persona: entry.folder, reason: reasonOf(error) });
      }
      if (entry.settled && entry.users === 0 && idle >= closeAfterMilliseconds) await leave(entry);
    }
  }

  /** A workspace in memory, for one read of a persona that does not exist: it answers empty and leaves nothing. */
  async function useNowhere<Result>(persona: string, work: (workspace: Workspace) => Promise<Result>): Promise<Result> {
    const workspace = await open(persona, { paths: personaPaths(paths, persona), exists: false });
    try {
      return await work(workspace);
    } finally {
      await workspace.close();
    }
  }

  const folderOf = (persona: string) => (opened.has(persona) ? persona : findPersonaFolder(paths, persona));
  const hasMemories = (folder: string) => existsSync(personaPaths(paths, folder).database);

  return {
    /** Runs `work` in a persona's workspace, which stays open at least as long. `name` is checked here. */
    use<Result>(
      name: string,
      effect: 'read' | 'write',
      work: (workspace: Workspace) => Promise<Result>,
    ): Promise<Result> {
      const persona = parsePersonaName(name);
      const folder = folderOf(persona);
      if (effect === 'write') createPrivateFolder(personaPaths(paths, folder ?? persona).folder);
      else if (folder === undefined || !hasMemories(folder)) return inFlight.track(useNowhere(folder ?? persona, work));
      return inFlight.track(useFolder(folder ?? persona, work));
    },
    /** The folder that `use` would open for a name; undefined if there is none yet, `conflict` if it is not clear. */
    folderOf,
    /** Tells every open workspace that a model it waited for may be there now. */
    wake(): void {
      for (const entry of opened.values()) {
        entry.settled = false;
        // At once and beside whoever is at work there: it may have been their call that loaded the model.
        entry.workspace.then(
          ({ embeddingScheduler }) => embeddingScheduler.drain(),
          () => {},
        );
      }
    },
    /** The personas that have a folder, sorted. */
    names: (): string[] => personaFolders(paths).filter(hasMemories),
    openCount: (): number => places.taken(),
    /** Finishes what runs, settles and closes every workspace. */
    async close(): Promise<void> {
      clearInterval(idleTimer);
      await inFlight.ended();
      await Promise.all([...[...opened.values()].map(leave), ...closing.values()]);
    },
  };
}

export type Personas = ReturnType<typeof createPersonas>;

/** Tells a file from another one of the same name; undefined where there is none to be seen. */
function fileIdentity(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** A fixed number of places; whoever finds none waits until one is left. */
function createPlaces(count: number): {
  take(): Promise<void>;
  leave(): void;
  taken(): number;
  waiting(): number;
} {
  let free = count;
  const queue: (() => void)[] = [];
  return {
    take() {
      if (free === 0) return new Promise((resolve) => queue.push(resolve));
      free -= 1;
      return Promise.resolve();
    },
    leave() {
      const next = queue.shift();
      if (next === undefined) free += 1;
      else next();
    },
    taken: () => count - free,
    waiting: () => queue.length,
  };
}
