/**
 * All personas of one data folder: each is opened once, kept while it is used, and closed when it has been idle or
 * when too many are open. Reading a persona that does not exist creates nothing; the first write creates it.
 */
import { existsSync } from 'node:fs';
import {
  createPrivateFolder,
  type DataPaths,
  findPersonaFolder,
  type PersonaPaths,
  personaFolders,
  personaPaths,
} from '../config/paths.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import { parsePersonaName } from '../core/persona.ts';
import type { Workspace } from './workspace.ts';

export interface Personas {
  /** Runs `work` in a persona's workspace, which stays open at least as long. `name` is checked here. */
  use<Result>(name: string, effect: 'read' | 'write', work: (workspace: Workspace) => Promise<Result>): Promise<Result>;
  /** The personas that have a folder, sorted. */
  names(): string[];
  /** Finishes what runs, settles and closes every workspace. */
  close(): Promise<void>;
}

export interface PersonasParts {
  readonly paths: DataPaths;
  readonly open: (persona: string, where: { paths: PersonaPaths; exists: boolean }) => Promise<Workspace>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The least recently used idle workspace is closed when more are open. */
  readonly maximumOpen?: number;
}

/** How often workspaces that nobody uses are asked to settle, until nothing is left to do. */
const settleInterval = 5_000;

interface Opened {
  readonly workspace: Promise<Workspace>;
  users: number;
  lastUsed: number;
  settled: boolean;
}

export function createPersonas({ paths, open, clock, logger, maximumOpen = 100 }: PersonasParts): Personas {
  const opened = new Map<string, Opened>();
  const running = new Set<Promise<unknown>>();
  let nowhere: Promise<Workspace> | undefined;

  const idleTimer = setInterval(() => void track(settleIdle()), settleInterval);
  idleTimer.unref();

  function track<Result>(work: Promise<Result>): Promise<Result> {
    running.add(work);
    const forget = () => void running.delete(work);
    work.then(forget, forget);
    return work;
  }

  function enter(folder: string): Opened {
    const known = opened.get(folder);
    if (known !== undefined) return known;
    const entry: Opened = {
      workspace: open(folder, { paths: personaPaths(paths, folder), exists: true }),
      users: 0,
      lastUsed: clock.monotonic(),
      settled: true,
    };
    opened.set(folder, entry);
    // A workspace that could not be opened must be tried again by the next call.
    entry.workspace.catch(() => opened.delete(folder));
    return entry;
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
      if (opened.size > maximumOpen) await closeLeastUsed();
    }
  }

  async function closeLeastUsed(): Promise<void> {
    const [folder, entry] =
      [...opened].filter(([, { users }]) => users === 0).sort(([, a], [, b]) => a.lastUsed - b.lastUsed)[0] ?? [];
    if (folder === undefined || entry === undefined) return;
    opened.delete(folder);
    await (await entry.workspace).close();
  }

  async function settleIdle(): Promise<void> {
    for (const [folder, entry] of opened) {
      if (entry.settled || entry.users > 0) continue;
      try {
        entry.settled = await (await entry.workspace).settle(clock.monotonic() - entry.lastUsed);
      } catch (error) {
        logger.warn('idle work failed and will be tried again', { persona: folder, reason: String(error) });
      }
    }
  }

  const hasMemories = (folder: string) => existsSync(personaPaths(paths, folder).database);

  return {
    use(name, effect, work) {
      const persona = parsePersonaName(name);
      const folder = opened.has(persona) ? persona : findPersonaFolder(paths, persona);
      if (folder !== undefined && (effect === 'write' || hasMemories(folder))) return track(useFolder(folder, work));
      if (effect === 'read') {
        const absent = { paths: personaPaths(paths, folder ?? persona), exists: false };
        nowhere ??= open(persona, absent);
        return track(nowhere.then((workspace) => work({ ...workspace, ...absent, persona })));
      }
      createPrivateFolder(personaPaths(paths, persona).folder);
      return track(useFolder(persona, work));
    },
    names: () => personaFolders(paths).filter(hasMemories),
    async close() {
      clearInterval(idleTimer);
      await Promise.allSettled(running);
      const workspaces = [...opened.values()].map(({ workspace }) => workspace);
      opened.clear();
      for (const workspace of [...workspaces, ...(nowhere === undefined ? [] : [nowhere])]) {
        await workspace.then(
          (open) => open.close(),
          () => {},
        );
      }
    },
  };
}
