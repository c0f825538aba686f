/**
 * Workspace: one open persona. It holds the truth and what is derived from it, and is the only road between the two.
 * A persona that does not exist yet has a workspace in memory that answers empty.
 */
import type { PersonaPaths } from '../config/paths.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { MemoryStore } from '../store/memory-store.ts';
import { type Activity, createActivity } from './activity.ts';

export interface Workspace {
  readonly persona: string;
  readonly paths: PersonaPaths;
  /** False for a persona that does not exist yet: its store lives in memory and nothing of it is ever written. */
  readonly exists: boolean;
  readonly store: MemoryStore;
  readonly activity: Activity;
  /** Removes what a permanent deletion leaves in files. Answers with the names of what still holds traces. */
  finishErasure(): Promise<readonly string[]>;
  /** Does what was put off: counts, traces of erased memories. Called on idle and before closing. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

export interface WorkspaceParts {
  readonly persona: string;
  readonly paths: PersonaPaths;
  readonly exists: boolean;
  readonly store: MemoryStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly process: string;
}

export function createWorkspace({ persona, paths, exists, store, clock, logger, process }: WorkspaceParts): Workspace {
  const activity = createActivity({ store, clock, process });
  let closed: Promise<void> | undefined;

  async function finishErasure(): Promise<readonly string[]> {
    const remaining = (await store.erasure.removeTraces()) ? [] : ['memory.sqlite-wal'];
    if (remaining.length === 0) await store.erasure.complete();
    return remaining;
  }

  async function settle(): Promise<void> {
    if (!exists) return;
    await activity.flush();
    if (store.erasure.pending()) await finishErasure();
  }

  return {
    persona,
    paths,
    exists,
    store,
    activity,
    finishErasure,
    settle,
    close() {
      closed ??= (async () => {
        try {
          await settle();
        } catch (error) {
          // What settling does can be done at the next start; the memories themselves are safe.
          logger.warn('closing a persona left work for the next start', { persona, reason: String(error) });
        } finally {
          store.close();
        }
      })();
      return closed;
    },
  };
}
