/**
 * Connects a server to the shared host of its address, and starts one if there is none. Several servers may start one at
 * the same moment: the lock lets one of them live, and all connect to it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { MemoryMcpError, reasonOf } from '../../../core/errors.ts';
import { secondLength } from '../../../core/time/durations.ts';
import { readRegularFile } from '../../../files/regular-file.ts';
import type { InferenceCommand } from '../inference-process.ts';
import type { HostAddress } from './host-address.ts';
import { connectToHost, type HostConnection, type HostConnectionDeps, NoHost } from './host-connection.ts';
import { type HostOrder, hostExits } from './host-order.ts';

/** Nothing can be shared here. The reason is a sentence for people. */
export class SharingError extends MemoryMcpError {
  constructor(message: string, cause?: unknown) {
    super('backend_unavailable', message, { cause });
  }
}

export interface FindHostDeps extends HostConnectionDeps {
  readonly order: HostOrder;
  /** Starts the host, without the order. */
  readonly command: InferenceCommand;
  /** All variables of the host. */
  readonly environment: Readonly<Record<string, string>>;
  /** Called before a host that does not answer is killed. */
  readonly onHanging: (pid: number) => void;
}

/** From the first attempt, in milliseconds. Starting a host takes a tenth of a second, on a busy machine seconds. */
const patienceMilliseconds = 20 * secondLength;
const attemptInterval = 20;
/** Before another host is started where one had to make way for a host that nobody can reach. */
const startInterval = 200;
const longestComplaint = 500;

/** Rejects with `SharingError`. */
export async function findHost(deps: FindHostDeps): Promise<HostConnection> {
  const deadline = performance.now() + patienceMilliseconds;
  let started: StartedHost | undefined;
  let startAgainAt = 0;
  try {
    for (;;) {
      const found = await tryToConnect(deps);
      if (!(found instanceof NoHost)) return found;
      if (found.reason === 'refused') throw new SharingError(found.message);
      if (performance.now() > deadline) throw new SharingError(`${found.message}, and no other one came up in time`);
      if (found.reason === 'silent') killHolder(deps);
      const ended = started?.ended();
      if (ended !== undefined) {
        assertHarmless(ended);
        startAgainAt = performance.now() + startInterval;
        started = undefined;
      }
      if (started === undefined && performance.now() >= startAgainAt) started = startHost(deps);
      // Unequal pauses, because several servers often start together.
      await pause(attemptInterval * (0.5 + Math.random()));
    }
  } finally {
    started?.letGo();
  }
}

async function tryToConnect(deps: FindHostDeps): Promise<HostConnection | NoHost> {
  try {
    return await connectToHost(deps);
  } catch (error) {
    if (error instanceof NoHost) return error;
    throw error;
  }
}

interface EndedHost {
  readonly code: number | null;
  readonly complaint: string;
}

interface StartedHost {
  ended(): EndedHost | undefined;
  /** It lives on without this server. */
  letGo(): void;
}

function startHost({ command, order, environment }: FindHostDeps): StartedHost {
  let child: ChildProcess;
  try {
    child = spawn(command.execPath, [...command.args, JSON.stringify(order)], {
      // A session of its own: what ends the server, its terminal or its group is not meant for the host.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      // It must not keep anybody's folder in use.
      cwd: order.folder,
      env: environment,
      windowsHide: true,
    });
  } catch (error) {
    throw new SharingError(`The shared inference process cannot be started: ${reasonOf(error)}`, error);
  }
  let complaint = '';
  let ended: EndedHost | undefined;
  child.stderr?.on('data', (text: Buffer) => {
    complaint = (complaint + text.toString()).slice(0, longestComplaint);
  });
  child.once('error', (error) => {
    ended ??= { code: hostExits.failed, complaint: reasonOf(error) };
  });
  child.once('close', (code) => {
    ended ??= { code, complaint: complaint.trim() };
  });
  return {
    ended: () => ended,
    letGo: () => {
      child.stderr?.destroy();
      child.unref();
    },
  };
}

/** Passes where another host came first, or this one was killed. */
function assertHarmless({ code, complaint }: EndedHost): void {
  if (code === hostExits.otherProgram) {
    throw new SharingError('memory-mcp was replaced by another version while this server was running');
  }
  if (code === hostExits.failed) {
    throw new SharingError(`The shared inference process cannot start: ${complaint || 'it gave no reason'}`);
  }
}

/**
 * Ends a host that listens and does not answer: it is suspended or stuck. Only the holder of the lock listens, and it
 * has written its number down before, so the number is that of a living process.
 */
function killHolder({ address, onHanging }: FindHostDeps): void {
  const pid = readHolder(address);
  if (pid === undefined) return;
  onHanging(pid);
  killHost(pid);
}

function readHolder({ holder }: HostAddress): number | undefined {
  try {
    const content: unknown = JSON.parse(readRegularFile(holder));
    const pid = typeof content === 'object' && content !== null && 'pid' in content ? content.pid : undefined;
    return typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

export function killHost(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
