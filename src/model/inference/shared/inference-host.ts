/**
 * The host: lets the servers of a user share one inference process. It passes their requests on to its own driver,
 * which restarts a process that crashes or hangs, and names the server of each, so that they take turns. It never runs a
 * model itself and therefore always answers at once. Texts pass through and are not kept.
 */
import type { Socket } from 'node:net';
import { reasonOf } from '../../../core/errors.ts';
import { type LogFields, type Logger, silentLogger } from '../../../core/logger.ts';
import { minuteLength, secondLength } from '../../../core/time/durations.ts';
import { InferenceError } from '../inference-client.ts';
import { type Channel, type InferenceWork, openChannel } from '../inference-protocol.ts';
import type { LocalInferenceRunner } from '../local-inference.ts';
import {
  createNonce,
  createProof,
  type HostState,
  isProof,
  longestUnprovenFrame,
  type MessageFromHost,
  type MessageToHost,
  nonceIn,
  type ProofParts,
} from './host-protocol.ts';

export interface InferenceHostDeps {
  /** Opens the driver of the process that is shared. */
  readonly openRunner: (logger: Logger) => LocalInferenceRunner;
  readonly secret: Buffer;
  /** The id of the address. */
  readonly address: string;
  /** Called once, when the host is no longer needed: no server is left, or there has been nothing to do for long. */
  readonly onUnused: () => void;
  readonly times?: HostTimes;
}

/** In milliseconds. */
export interface HostTimes {
  /** For the first server to come, and for one that restarts to come back. */
  readonly grace: number;
  /** For a newcomer to prove itself. */
  readonly proof: number;
  /** Between two signs of life. */
  readonly alive: number;
}

const defaultTimes: HostTimes = { grace: 2 * secondLength, proof: 5 * secondLength, alive: secondLength };
/** Newcomers that have proven nothing may not use up the memory. */
const newcomersLimit = 64;
/** Signs of life are not piled up for a server that does not read. */
const unreadLimit = 64 * 1024;
/** The state is told again when the memory has changed by more than this share. */
const noticeableChange = 0.05;

interface CallerBase {
  readonly number: number;
  readonly stream: Socket;
  readonly channel: Channel<MessageFromHost>;
  /** What aborts each request that has no answer yet. */
  readonly requests: Map<number, AbortController>;
}

interface JoinedServer extends CallerBase {
  readonly role: 'server';
  readonly pid: number;
  readonly idleMinutes: number;
}

/** Nothing is loaded for a guest, and it keeps nothing alive. */
interface Guest extends CallerBase {
  readonly role: 'guest';
}

type Caller = JoinedServer | Guest;

export function createInferenceHost(deps: InferenceHostDeps) {
  const { secret, address, onUnused, times = defaultTimes } = deps;
  const servers = new Set<JoinedServer>();
  const guests = new Set<Guest>();
  const newcomers = new Set<Socket>();
  let lastNumber = 0;
  let leaving = false;
  let told: HostState | undefined;
  /** Ends the host when no server is there, or none has asked anything for long. */
  let unusedTimer: NodeJS.Timeout | undefined;

  const warn = (message: string, fields?: LogFields) => {
    for (const { channel } of servers) channel.send({ type: 'warning', message, fields });
  };
  const runner = deps.openRunner({ ...silentLogger, warn, error: warn });

  const owesAnswers = () => [...servers].some(({ requests }) => requests.size > 0);

  const waitForUse = () => {
    clearTimeout(unusedTimer);
    if (leaving || owesAnswers()) return;
    const longestIdle = Math.max(0, ...[...servers].map(({ idleMinutes }) => idleMinutes)) * minuteLength;
    unusedTimer = setTimeout(
      () => {
        leaving = true;
        onUnused();
      },
      servers.size === 0 ? times.grace : longestIdle,
    );
  };

  const currentState = (): HostState => {
    const { pid, memory } = runner.status();
    return { host: process.pid, pid, memory, servers: [...servers].map((server) => server.pid) };
  };
  const tellState = (state: HostState) => {
    told = state;
    for (const { channel } of servers) channel.send({ type: 'state', ...state });
  };
  const tellChanges = () => {
    const state = currentState();
    if (told === undefined || differs(told, state)) tellState(state);
  };
  const showLife = () => {
    for (const { requests, stream, channel } of servers) {
      if (requests.size > 0 && stream.writableLength < unreadLimit) channel.send({ type: 'alive' });
    }
    tellChanges();
  };
  const lifeTimer = setInterval(showLife, times.alive);
  waitForUse();

  async function answer(caller: Caller, { id, priority, work }: Extract<MessageToHost, { type: 'work' }>) {
    const { role, number, requests, channel } = caller;
    const stop = new AbortController();
    requests.set(id, stop);
    if (role === 'server') clearTimeout(unusedTimer);
    try {
      const options = { priority, signal: stop.signal, from: number };
      const { result, numbers } = await runner.run(role === 'guest' ? forGuest(work) : work, options);
      tellChanges();
      channel.send({ type: 'done', id, result }, numbers);
    } catch (error) {
      // Nobody waits for it: it was cancelled, or this host leaves and another one takes it over.
      if (stop.signal.aborted || leaving) return;
      const failure = error instanceof InferenceError ? error.reason : 'crashed';
      channel.send({ type: 'failed', id, failure, message: reasonOf(error) });
    } finally {
      requests.delete(id);
      if (role === 'server') waitForUse();
    }
  }

  /** Throws `not loaded` where the work would start the inference process or load a model. */
  const forGuest = (work: InferenceWork): InferenceWork => {
    if (work.type === 'embed' && runner.status().pid !== undefined) return { ...work, onlyIfLoaded: true };
    throw new InferenceError('not loaded', 'No model is loaded');
  };

  const receive = (caller: Caller, message: MessageToHost) => {
    if (message.type === 'work') void answer(caller, message);
    else if (message.type === 'cancel') caller.requests.get(message.id)?.abort();
  };

  /** Talks to a newcomer until it has proven itself, and then works for it. */
  function accept(stream: Socket): void {
    stream.on('error', () => {});
    if (leaving || newcomers.size >= newcomersLimit) {
      stream.destroy();
      return;
    }
    newcomers.add(stream);
    const deadline = setTimeout(() => stream.destroy(), times.proof);
    let proof: Omit<ProofParts, 'by'> | undefined;
    let caller: Caller | undefined;

    const challenge = (message: unknown): void => {
      const serverNonce = nonceIn(message, 'hello');
      if (serverNonce === undefined) return void stream.destroy();
      const hostNonce = createNonce();
      proof = { secret, address, serverNonce, hostNonce };
      channel.send({ type: 'challenge', nonce: hostNonce, proof: createProof({ ...proof, by: 'host' }) });
    };
    const admit = (message: MessageToHost, parts: Omit<ProofParts, 'by'>): void => {
      const enters = message.type === 'join' || message.type === 'visit';
      if (!enters || !isProof(message.proof, { ...parts, by: 'server' })) return void stream.destroy();
      clearTimeout(deadline);
      newcomers.delete(stream);
      const common = { number: ++lastNumber, stream, channel, requests: new Map<number, AbortController>() };
      if (message.type === 'visit') {
        caller = { role: 'guest', ...common };
        guests.add(caller);
        channel.send({ type: 'state', ...currentState() });
        return;
      }
      const { pid, idleMinutes } = message;
      caller = { role: 'server', ...common, pid, idleMinutes };
      servers.add(caller);
      waitForUse();
      tellState(currentState());
    };
    const channel = openChannel<MessageToHost, MessageFromHost>(stream, {
      onMessage: (message) => {
        if (caller !== undefined) receive(caller, message);
        else if (proof !== undefined) admit(message, proof);
        else challenge(message);
      },
      onBroken: () => stream.destroy(),
      maximumFrame: () => (caller === undefined ? longestUnprovenFrame : undefined),
    });
    stream.once('close', () => {
      clearTimeout(deadline);
      newcomers.delete(stream);
      if (caller === undefined) return;
      for (const request of caller.requests.values()) request.abort();
      if (caller.role === 'guest') return void guests.delete(caller);
      servers.delete(caller);
      runner.forget(caller.number);
      waitForUse();
      tellChanges();
    });
  }

  return {
    accept,
    /** Says goodbye, ends the inference process and waits for its exit. Requests without an answer are not done. */
    async leave(): Promise<void> {
      leaving = true;
      clearTimeout(unusedTimer);
      clearInterval(lifeTimer);
      for (const stream of newcomers) stream.destroy();
      for (const { stream } of guests) stream.destroy();
      for (const { stream, channel } of servers) {
        channel.send({ type: 'leaving' });
        stream.end();
      }
      await runner.close();
    },
  };
}

export type InferenceHost = ReturnType<typeof createInferenceHost>;

function differs(one: HostState, other: HostState): boolean {
  const growth = Math.abs((one.memory ?? 0) - (other.memory ?? 0));
  return (
    one.pid !== other.pid ||
    one.servers.join() !== other.servers.join() ||
    growth > noticeableChange * Math.max(one.memory ?? 0, other.memory ?? 0)
  );
}
