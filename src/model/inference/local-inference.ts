/**
 * The driver that runs the inference process as a child of this one. The process is started by the first
 * request, ended when it has been idle for a while, and restarted after a crash. Importing this file loads no model
 * runtime.
 */
import type { Clock } from '../../core/clock.ts';
import { reasonOf } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { minuteLength, secondLength } from '../../core/time/durations.ts';
import { InferenceError, type InferenceOptions, type InferenceStatus } from './inference-client.ts';
import { toInferenceError } from './inference-failure.ts';
import { type InferenceCommand, type InferenceProcess, startInferenceProcess } from './inference-process.ts';
import { type InferenceWork, type MessageFromInference, protocolVersion } from './inference-protocol.ts';
import type { Answer, InferenceRunner } from './inference-runner.ts';
import { createPendingRequests, type PendingRequest } from './pending-requests.ts';
import { createSilenceWatch } from './silence-watch.ts';

export interface LocalInferenceDeps {
  /** Called when a process is started. Throws if the program is not built. */
  readonly command: () => InferenceCommand;
  /** Undefined: it is never ended because it is idle. */
  readonly idleMinutes: number | undefined;
  /** Milliseconds; tests shorten them. */
  readonly silenceLimits?: SilenceLimits;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * How long the process may be silent while requests are pending. It sends a message before each step: loading a model,
 * or running it on a chunk of at most 256 tokens, which takes seconds with the largest models on a busy CPU.
 */
interface SilenceLimits {
  readonly model: number;
  readonly text: number;
}

const silenceLimits: SilenceLimits = { model: 3 * minuteLength, text: 30 * secondLength };
const crashesAllowed = 1;
const initialPause = 250;
const maximumPause = 30_000;
/** Requests wait for a restart that is due within this many milliseconds. Otherwise they are rejected. */
const maximumWait = 1000;

export interface LocalInferenceRunner extends InferenceRunner {
  /** A server whose number was in the options of its work has gone. */
  forget(from: number): void;
}

export function createLocalInference(deps: LocalInferenceDeps): LocalInferenceRunner {
  return new LocalInference(deps);
}

class LocalInference implements LocalInferenceRunner {
  readonly #deps: LocalInferenceDeps;
  readonly #requests = createPendingRequests({
    onAbort: (id) => this.#process?.send({ type: 'cancel', id }),
    onEmpty: () => this.#goIdle(),
  });
  #process: InferenceProcess | undefined;
  /** The current process and those that were killed but have not exited yet. */
  readonly #running = new Set<InferenceProcess>();
  /** The step that the process is working on. */
  #working: { id: number; on: 'model' | 'text' } | undefined;
  #consecutiveCrashes = 0;
  #restartAt = 0;
  #restartTimer: NodeJS.Timeout | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  /** The resident bytes of the process when it last answered. */
  #memory: number | undefined;
  readonly #silence: ReturnType<typeof createSilenceWatch>;
  /** Devices on which the process crashed, and how. They are not used again. */
  readonly #brokenDevices = new Map<string, string>();
  #closed = false;

  constructor(deps: LocalInferenceDeps) {
    this.#deps = deps;
    const { silenceLimits: limits = silenceLimits } = deps;
    this.#silence = createSilenceWatch({
      limit: () => (this.#working?.on === 'model' ? limits.model : limits.text),
      shortestLimit: Math.min(limits.model, limits.text),
      onSilence: (silence) => this.#killHanging(silence),
    });
  }

  async run(work: InferenceWork, options: InferenceOptions): Promise<Answer> {
    if (this.#closed) throw new InferenceError('closed', 'The server is shutting down');
    return await this.#requests.add(work, options, (request) => this.#send(request));
  }

  forget(from: number) {
    this.#process?.send({ type: 'gone', from });
  }

  status(): InferenceStatus {
    const pid = this.#process?.pid;
    return { process: 'own', pid, memory: pid === undefined ? undefined : this.#memory };
  }

  async close() {
    this.#closed = true;
    clearTimeout(this.#restartTimer);
    clearTimeout(this.#idleTimer);
    this.#silence.stop();
    this.#requests.rejectAll(new InferenceError('closed', 'The server is shutting down'));
    for (const process of this.#running) process.keepAlive(true);
    this.#process?.kill();
    await Promise.all([...this.#running].map((process) => process.exited));
  }

  #send(request: PendingRequest) {
    clearTimeout(this.#idleTimer);
    const pause = this.#restartAt - this.#deps.clock.monotonic();
    if (this.#process === undefined && pause > maximumWait) {
      const seconds = Math.ceil(pause / 1000);
      request.reject(
        new InferenceError('crashed', `The inference process keeps crashing; next attempt in ${seconds} s`),
      );
    } else if (this.#process === undefined && pause > 0) {
      this.#restartTimer ??= setTimeout(() => this.#resume(), pause);
    } else {
      try {
        this.#process ??= this.#start();
      } catch (error) {
        return request.reject(new InferenceError('crashed', `The inference process cannot start: ${reasonOf(error)}`));
      }
      this.#process.keepAlive(true);
      this.#silence.start();
      const { id, priority, from, work } = request;
      this.#process.send({ type: 'work', id, priority, from, work: this.#avoidBrokenDevice(work) });
    }
  }

  #avoidBrokenDevice(work: InferenceWork): InferenceWork {
    if (!this.#brokenDevices.has(work.model.device)) return work;
    // The spread keeps the kind of work; only the device of its model changes.
    return { ...work, model: { ...work.model, device: 'cpu' } } as InferenceWork;
  }

  #resume() {
    this.#restartTimer = undefined;
    for (const request of this.#requests.all()) this.#send(request);
  }

  #start(): InferenceProcess {
    const process = startInferenceProcess(this.#deps.command(), {
      onMessage: (message, numbers) => this.#receive(message, numbers),
      onEnd: (reason) => this.#handleEnd(process, reason),
    });
    this.#running.add(process);
    return process;
  }

  /** The process is suspended or stuck in native code. Its requests go to a new one. */
  #killHanging(silence: number) {
    if (this.#process === undefined) return;
    const seconds = Math.round(silence / secondLength);
    this.#deps.logger.warn('The inference process hangs and is killed', { silent_seconds: seconds });
    this.#process.kill();
  }

  #receive(message: MessageFromInference, numbers: Float32Array) {
    this.#silence.reset();
    switch (message.type) {
      case 'hello':
        if (message.protocol !== protocolVersion) {
          this.#requests.rejectAll(
            new InferenceError('crashed', 'The inference process belongs to another version of memory-mcp'),
          );
          this.#process?.kill();
        }
        return;
      case 'working':
        this.#working = message;
        return;
      case 'done':
      case 'failed':
        this.#working = undefined;
        this.#consecutiveCrashes = 0;
        if (message.type === 'done') this.#finish(message, numbers);
        else this.#requests.get(message.id)?.reject(toInferenceError(message.failure, message.message));
    }
  }

  #finish({ id, memory, result }: Extract<MessageFromInference, { type: 'done' }>, numbers: Float32Array) {
    this.#memory = memory;
    const request = this.#requests.get(id);
    if (request === undefined) return;
    const { device } = request.work.model;
    const crash = this.#brokenDevices.get(device);
    const warning = crash === undefined ? result.warning : `${device} crashed the process (${crash}), so cpu is used`;
    const causes = warning === undefined ? [] : (this.#process?.takeRuntimeErrors() ?? []);
    const explained = causes.length === 0 ? warning : `${warning} (${causes.join('; ')})`;
    request.resolve({ result: { ...result, warning: explained }, numbers });
  }

  #handleEnd(process: InferenceProcess, reason: string) {
    this.#running.delete(process);
    if (this.#process !== process) return;
    const working = this.#working;
    this.#process = undefined;
    this.#working = undefined;
    if (this.#requests.size === 0) return;

    const pause = Math.min(maximumPause, initialPause * 2 ** this.#consecutiveCrashes++);
    this.#restartAt = this.#deps.clock.monotonic() + pause;
    this.#deps.logger.warn(`The inference process ended unexpectedly (${reason}) and is restarted`, {
      pause_ms: pause,
    });
    for (const request of this.#requests.all()) {
      const suspected = working === undefined || working.id === request.id;
      if (!suspected || ++request.crashes <= crashesAllowed) continue;
      const { device } = request.work.model;
      if (device !== 'cpu' && !this.#brokenDevices.has(device)) {
        // Neither the text nor the model is to blame yet: the same may work on the CPU.
        this.#brokenDevices.set(device, reason);
        request.crashes = 0;
        continue;
      }
      const onText = working?.on === 'text';
      const what = onText ? 'while processing this text' : 'before a model was loaded';
      request.reject(
        new InferenceError(onText ? 'work' : 'crashed', `The inference process crashed twice ${what} (${reason})`),
      );
    }
    this.#resume();
  }

  #goIdle() {
    if (this.#closed) return;
    this.#process?.keepAlive(false);
    this.#silence.stop();
    clearTimeout(this.#idleTimer);
    const { idleMinutes } = this.#deps;
    if (idleMinutes === undefined) return;
    this.#idleTimer = setTimeout(() => this.#endIdle(), idleMinutes * minuteLength).unref();
  }

  #endIdle() {
    const process = this.#process;
    this.#process = undefined;
    process?.kill();
  }
}
