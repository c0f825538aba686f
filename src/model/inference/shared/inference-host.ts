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
import { type Channel, openChannel } from '../inference-protocol.ts';
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

interface JoinedServer {
  readonly number: number;
  readonly pid: number;
  readonly idleMinutes: number;
  readonly stream: Socket;
  readonly channel: Channel<MessageFromHost>;
  /** What aborts each request that has no answer yet. */
  readonly requests: Map<number, AbortController>;
}

export function createInferenceHost(deps: InferenceHostDeps) {
  const { secret, address, onUnused, times = defaultTimes } = deps;
  const servers = new Set<JoinedServer>();
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

  async function answer(server: JoinedServer, { id, priority, work }: Extract<MessageToHost, { type: 'work' }>) {
    const { requests, channel } = server;
    const stop = new AbortController();
    requests.set(id, stop);
    clearTimeout(unusedTimer);
    try {
      const answered = runner.run(work, { priority, signal: stop.signal, from: server.number });
      const { result, numbers } = await answered;
      tellChanges();
      channel.send({ type: 'done', id, result }, numbers);
    } catch (error) {
      // Nobody waits for it: it was cancelled, or this host leaves and another one takes it over.
      if (stop.signal.aborted || leaving) return;
      const failure = error instanceof InferenceError ? error.reason : 'crashed';
      channel.send({ type: 'failed', id, failure, message: reasonOf(error) });
    } finally {
      requests.delete(id);
      waitForUse();
    }
  }

  const receive = (server: JoinedServer, message: MessageToHost) => {
    if (message.type === 'work') void answer(server, message);
    else if (message.type === 'cancel') server.requests.get(message.id)?.abort();
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
    let server: JoinedServer | undefined;

    const challenge = (message: unknown): void => {
      const serverNonce = nonceIn(message, 'hello');
      if (serverNonce === undefined) return void stream.destroy();
      const hostNonce = createNonce();
      proof = { secret, address, serverNonce, hostNonce };
      channel.send({ type: 'challenge', nonce: hostNonce, proof: createProof({ ...proof, by: 'host' }) });
    };
    const join = (message: MessageToHost, parts: Omit<ProofParts, 'by'>): void => {
      if (message.type !== 'join' || !isProof(message.proof, { ...parts, by: 'server' })) return void stream.destroy();
      clearTimeout(deadline);
      newcomers.delete(stream);
      const { pid, idleMinutes } = message;
      server = { number: ++lastNumber, pid, idleMinutes, stream, channel, requests: new Map() };
      servers.add(server);
      waitForUse();
      tellState(currentState());
    };
    const channel = openChannel<MessageToHost, MessageFromHost>(stream, {
      onMessage: (message) => {
        if (server !== undefined) receive(server, message);
        else if (proof !== undefined) join(message, proof);
        else challenge(message);
      },
      onBroken: () => stream.destroy(),
      maximumFrame: () => (server === undefined ? longestUnprovenFrame : undefined),
    });
    stream.once('close', () => {
      clearTimeout(deadline);
      newcomers.delete(stream);
      if (server === undefined || !servers.delete(server)) return;
      for (const request of server.requests.values()) request.abort();
      runner.forget(server.number);
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
