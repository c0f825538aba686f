/**
 * The driver that uses one inference process together with all servers of this user. If the host goes away, requests
 * without an answer are sent to the next one. Rejects with `SharingError` where nothing can be shared.
 */
import { MemoryMcpError, reasonOf } from '../../../core/errors.ts';
import type { Logger } from '../../../core/logger.ts';
import { secondLength } from '../../../core/time/durations.ts';
import { InferenceError, type InferenceOptions, type InferenceStatus } from '../inference-client.ts';
import { toInferenceError } from '../inference-failure.ts';
import type { InferenceCommand } from '../inference-process.ts';
import type { InferenceWork } from '../inference-protocol.ts';
import type { Answer, InferenceRunner } from '../inference-runner.ts';
import { createPendingRequests, type PendingRequest } from '../pending-requests.ts';
import { createSilenceWatch } from '../silence-watch.ts';
import { findHost, killHost, SharingError } from './find-host.ts';
import { hostAddress, problemOfAddress } from './host-address.ts';
import type { HostConnection } from './host-connection.ts';
import type { HostState, MessageFromHost } from './host-protocol.ts';
import { openPrivateFolder } from './private-folder.ts';

export interface SharedInferenceDeps {
  /** The private folder of the host, the same for all servers of this user. */
  readonly folder: string;
  /** Starts the host; its first argument is the entry. Throws if the program is not built. */
  readonly command: () => InferenceCommand;
  readonly device: string;
  readonly threads: number;
  readonly idleMinutes: number;
  /** Variables that decide how models compute. Servers share only where they agree. */
  readonly decisiveEnvironment: Readonly<Record<string, string>>;
  /** Other variables that a program needs, such as PATH. */
  readonly plainEnvironment: Readonly<Record<string, string>>;
  readonly logger: Logger;
  /** In milliseconds; tests shorten it. */
  readonly silenceLimit?: number;
}

/** A host shows life every second while it owes an answer. */
const defaultSilenceLimit = 10 * secondLength;
/** A request is given up when it has seen so many hosts go. */
const lossesAllowed = 4;
const firstPause = 250;
const longestPause = 30 * secondLength;
/** Requests wait for an attempt that is due within this many milliseconds. Otherwise they are rejected. */
const longestWait = secondLength;

export function createSharedInference(deps: SharedInferenceDeps): InferenceRunner {
  return new SharedInference(deps);
}

class SharedInference implements InferenceRunner {
  readonly #deps: SharedInferenceDeps;
  readonly #requests = createPendingRequests({
    onAbort: (id) => this.#connection?.send({ type: 'cancel', id }),
    onEmpty: () => this.#rest(),
  });
  readonly #silence: ReturnType<typeof createSilenceWatch>;
  #connection: HostConnection | undefined;
  #connecting: Promise<void> | undefined;
  #state: HostState | undefined;
  /** The host has said that it ends. */
  #farewell = false;
  #consecutiveLosses = 0;
  #pauseTimer: NodeJS.Timeout | undefined;
  #retryAt = 0;
  #closed = false;

  constructor(deps: SharedInferenceDeps) {
    this.#deps = deps;
    const limit = deps.silenceLimit ?? defaultSilenceLimit;
    this.#silence = createSilenceWatch({
      limit: () => limit,
      shortestLimit: limit,
      onSilence: () => this.#killHanging(),
    });
  }

  async run(work: InferenceWork, options: InferenceOptions): Promise<Answer> {
    if (this.#closed) throw closedError();
    const pause = this.#retryAt - performance.now();
    if (this.#connection === undefined && pause > longestWait) {
      const seconds = Math.ceil(pause / secondLength);
      throw new InferenceError('crashed', `The shared inference process keeps ending; next attempt in ${seconds} s`);
    }
    return await this.#requests.add(work, options, (request) => {
      if (this.#connection === undefined) this.#connect();
      else this.#send(this.#connection, request);
    });
  }

  status(): InferenceStatus {
    if (this.#connection === undefined || this.#state === undefined) return { process: 'shared' };
    const { host, pid, memory, servers } = this.#state;
    return { process: 'shared', host, pid, memory, servers };
  }

  async close() {
    this.#closed = true;
    clearTimeout(this.#pauseTimer);
    this.#silence.stop();
    this.#requests.rejectAll(closedError());
    await this.#connecting;
    await this.#connection?.close();
  }

  #connect() {
    if (this.#pauseTimer !== undefined) return;
    this.#connecting ??= this.#join().finally(() => {
      this.#connecting = undefined;
      // A request may have come after the others were rejected.
      if (this.#connection === undefined && this.#requests.size > 0) this.#connect();
    });
  }

  async #join(): Promise<void> {
    try {
      const connection = await this.#findHost();
      if (this.#closed) return await connection.close();
      this.#connection = connection;
      // A newer state may have come with the first one.
      this.#state ??= connection.state;
      this.#farewell = false;
      for (const request of this.#requests.all()) this.#send(connection, request);
      if (this.#requests.size === 0) this.#rest();
    } catch (error) {
      const hint = error instanceof MemoryMcpError ? error.hint : undefined;
      const failure =
        error instanceof SharingError
          ? error
          : new SharingError([reasonOf(error), hint].filter((part) => part !== undefined).join('. '), error);
      this.#requests.rejectAll(failure);
    }
  }

  async #findHost(): Promise<HostConnection> {
    const { folder, device, threads, decisiveEnvironment, plainEnvironment, idleMinutes, logger } = this.#deps;
    const command = this.#deps.command();
    const traits = { device, threads, environment: decisiveEnvironment };
    const address = hostAddress(folder, { ...traits, entry: command.args[0] ?? '' });
    const problem = problemOfAddress(address);
    if (problem !== undefined) throw new SharingError(problem);
    const secret = openPrivateFolder(address);
    const connection: HostConnection = await findHost({
      address,
      secret,
      as: { idleMinutes },
      order: { folder, id: address.id, ...traits },
      command,
      environment: { ...plainEnvironment, ...decisiveEnvironment },
      onMessage: (message, numbers) => this.#receive(message, numbers),
      onEnd: () => this.#lose(connection),
      onHanging: (pid) => logger.warn('The shared inference process does not answer and is killed', { pid }),
      ...(this.#deps.silenceLimit !== undefined && { patience: this.#deps.silenceLimit }),
    });
    return connection;
  }

  #send(connection: HostConnection, { id, priority, work }: PendingRequest) {
    connection.keepAlive(true);
    this.#silence.start();
    connection.send({ type: 'work', id, priority, work });
  }

  #receive(message: MessageFromHost, numbers: Float32Array) {
    this.#silence.reset();
    switch (message.type) {
      case 'state':
        this.#state = message;
        return;
      case 'warning':
        this.#deps.logger.warn(message.message, message.fields);
        return;
      case 'leaving':
        this.#farewell = true;
        return;
      case 'done':
        this.#consecutiveLosses = 0;
        this.#requests.get(message.id)?.resolve({ result: message.result, numbers });
        return;
      case 'failed':
        this.#consecutiveLosses = 0;
        this.#requests.get(message.id)?.reject(toInferenceError(message.failure, message.message));
    }
  }

  /** The connection has ended. What the host owes is asked of the next one. */
  #lose(connection: HostConnection) {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#state = undefined;
    this.#silence.stop();
    if (this.#closed || this.#requests.size === 0) return;
    if (this.#farewell) return this.#connect();
    for (const request of this.#requests.all()) {
      if (++request.crashes < lossesAllowed) continue;
      request.reject(new InferenceError('crashed', 'The shared inference process has ended again and again'));
    }
    const pause = Math.min(longestPause, firstPause * 2 ** this.#consecutiveLosses++);
    this.#deps.logger.warn('The shared inference process has ended unexpectedly and is started again', {
      pause_ms: pause,
    });
    this.#retryAt = performance.now() + pause;
    this.#pauseTimer = setTimeout(() => {
      this.#pauseTimer = undefined;
      if (this.#requests.size > 0) this.#connect();
    }, pause);
  }

  #killHanging() {
    const host = this.#state?.host;
    if (this.#connection === undefined || host === undefined) return;
    this.#deps.logger.warn('The shared inference process does not answer and is killed', { pid: host });
    // The connection is open, so the number is still that of the host. Its end closes the connection.
    killHost(host);
  }

  #rest() {
    this.#silence.stop();
    this.#connection?.keepAlive(false);
  }
}

function closedError(): InferenceError {
  return new InferenceError('closed', 'The server is shutting down');
}
