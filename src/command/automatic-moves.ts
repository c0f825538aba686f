/**
 * With `migrate` on auto, a server moves the personas of the original system in its data folder here, one after the
 * other, each in a process of its own: a move keeps a small machine busy for a while, and requests must not notice.
 * Servers that share the data folder take turns by the lock of that command.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { commandLine } from '../config/container.ts';
import type { LoadedConfiguration } from '../config/load.ts';
import { MemoryMcpError, reasonOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { countedMemories } from '../core/text/counted.ts';
import { secondLength } from '../core/time/durations.ts';
import { type FoundPersona, findPersonasIn } from '../original/find-personas.ts';
import { findSignOfUse } from '../original/in-use.ts';
import { readProgress } from '../original/move-progress.ts';
import { listMoves } from '../original/moves.ts';
import { createPendingMoves } from '../original/pending-moves.ts';
import { announceMoves } from './manual-moves.ts';
import { runMove } from './run-move.ts';

export interface AutomaticMovesDeps {
  readonly loaded: LoadedConfiguration;
  /** The configuration file that the server was started with. */
  readonly config: string | undefined;
  readonly logger: Logger;
}

export interface AutomaticMoves {
  /** Throws while calls for this persona have to wait, and if it could not be moved. */
  readonly check: (persona: string) => void;
  /** Kills a running move. The next start goes on. */
  close(): Promise<void>;
}

/** How often to look whether the original has stopped, and whether others have moved something. */
const interval = 2 * secondLength;

/** Knows at once what has to wait, and moves it from now on; with `migrate` on manual it only says what there is. */
export function startMoves({ loaded, config, logger }: AutomaticMovesDeps): AutomaticMoves {
  const { paths, configuration, environment } = loaded;
  const pending = createPendingMoves(paths);
  const stop = new AbortController();
  let names = new Set<string>();

  /** Those that may be moved: that failed stays until the next start, or until a user has moved it. */
  function refresh(): FoundPersona[] {
    const found = findPending();
    for (const name of names) if (!found.some((persona) => persona.name === name)) pending.remove(name);
    names = new Set(found.map(({ name }) => name));
    for (const name of names) if (pending.stateOf(name) === undefined) pending.set(name, { state: 'moving' });
    return found;
  }

  function findPending(): FoundPersona[] {
    // Those with their own names first: another of the same name is then added to it.
    const isRenamed = ({ name, formerName }: FoundPersona) => Number(name !== formerName);
    return findPersonasIn(paths).sort((one, other) => isRenamed(one) - isRenamed(other));
  }

  async function moveAll(): Promise<void> {
    // Before the first wait, so that no request comes in between.
    refresh();
    if (listMoves(paths).some(({ record }) => record.state !== 'moved')) await run(undefined).catch(() => []);
    while (refresh().length > 0) {
      for (const persona of refresh()) {
        if (!stop.signal.aborted && pending.stateOf(persona.name)?.state !== 'failed') await move(persona);
      }
      await delay(interval, undefined, { signal: stop.signal });
    }
  }

  async function move(persona: FoundPersona): Promise<void> {
    const { name, formerName } = persona;
    const sign = await findSignOfUse(persona, new Date());
    if (sign !== undefined) return wait(name, sign);
    pending.set(name, { state: 'moving' });
    // Another server moves one at the moment.
    if (readProgress(paths) !== undefined) return;
    logger.info(`persona "${name}" of the original system is being moved here`);
    try {
      for (const { memories, archive } of await run(formerName)) {
        logger.info(
          `persona "${name}" was moved here: ${countedMemories(memories)}. The old files are in original/ and in ${archive}`,
        );
      }
      refresh();
    } catch (error) {
      if (!stop.signal.aborted) await settle(persona, error);
    }
  }

  async function settle(persona: FoundPersona, thrown: unknown): Promise<void> {
    const { name } = persona;
    const error = asError(thrown);
    // Another server was first: it has moved this one, or is moving any.
    if (error.code === 'busy' || error.code === 'not_found') return;
    const sign = await findSignOfUse(persona, new Date());
    if (sign !== undefined) return wait(name, sign);
    pending.set(name, { state: 'failed', error });
    logger.error(`persona "${name}" of the original system could not be moved here: ${error.message}`, {
      hint: error.hint,
    });
  }

  function wait(name: string, sign: string): void {
    if (pending.stateOf(name)?.state !== 'waiting') {
      const command = commandLine(environment.container, `migrate from-original --persona ${name} --apply --force`);
      logger.warn(
        `persona "${name}" waits to be moved here, because ${sign}. Stop the original system; some minutes later it is moved by itself. If it is stopped and you do not want to wait, run: ${command}`,
      );
    }
    pending.set(name, { state: 'waiting', sign });
  }

  const run = (persona: string | undefined) => runMove({ persona, config, signal: stop.signal });

  if (configuration.migrate !== 'auto') return { check: announceMoves({ loaded, logger }), close: async () => {} };
  const work = beginUnlessUnreadable();
  return {
    check: pending.check,
    async close() {
      stop.abort();
      await work;
    },
  };

  async function beginUnlessUnreadable(): Promise<void> {
    try {
      await moveAll();
    } catch (error) {
      if (stop.signal.aborted) return;
      logger.error(`the personas of the original system could not be moved here: ${reasonOf(error)}`);
    }
  }
}

function asError(thrown: unknown): MemoryMcpError {
  return thrown instanceof MemoryMcpError ? thrown : new MemoryMcpError('internal', reasonOf(thrown));
}
