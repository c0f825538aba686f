/**
 * The InferenceClient that runs the inference process as a child of this one. The process is started by the first
 * request, ended when it has been idle for a while, and restarted after a crash. Importing this file loads no model
 * runtime.
 */
import type { Clock } from '../../core/clock.ts';
import { reasonOf } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { minuteLength, secondLength } from '../../core/time/durations.ts';
import { type InferenceClient, InferenceError, type InferenceOptions, type LoadedModel } from './inference-client.ts';
import { type InferenceCommand, type InferenceProcess, startInferenceProcess } from './inference-process.ts';
import {
  type InferenceFailure,
  type InferencePriority,
  type InferenceResult,
  type InferenceWork,
  type MessageFromInference,
  protocolVersion,
} from './inference-protocol.ts';
import { runtimeHint } from './runtime.ts';

export interface LocalInferenceDeps {
  /** Called when a process is started. Throws if the program is not built. */
  readonly command: () => InferenceCommand;
  readonly idleMinutes: number;
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
const checksPerLimit = 20;

interface Answer {
  readonly result: InferenceResult;
  readonly numbers: Float32Array;
}

interface Request {
  readonly id: number;
  readonly priority: InferencePriority;
  readonly work: InferenceWork;
  crashes: number;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

const crashesAllowed = 1;
const initialPause = 250;
const maximumPause = 30_000;
/** Requests wait for a restart that is due within this many milliseconds. Otherwise they are rejected. */
const maximumWait = 1000;

export function createLocalInference(deps: LocalInferenceDeps): InferenceClient {
  return new LocalInference(deps);
}

class LocalInference implements InferenceClient {
  readonly #deps: LocalInferenceDeps;
  readonly #requests = new Map<number, Request>();
  #lastId = 0;
  #process: InferenceProcess | undefined;
  /** The current process and those that were killed but have not exited yet. */
  readonly #running = new Set<InferenceProcess>();
  /** The step that the process is working on. */
  #working: { id: number; on: 'model' | 'text' } | undefined;
  #consecutiveCrashes = 0;
  #restartAt = 0;
  #restartTimer: NodeJS.Timeout | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  /** When the process last sent a message, or got its first request. */
  #lastMessageAt = 0;
  #silenceTimer: NodeJS.Timeout | undefined;
  /** Devices on which the process crashed, and how. They are not used again. */
  readonly #brokenDevices = new Map<string, string>();
  #closed = false;

  constructor(deps: LocalInferenceDeps) {
    this.#deps = deps;
  }

  async load(model: Extract<InferenceWork, { type: 'load' }>['model'], options: InferenceOptions) {
    return toLoadedModel(await this.#request({ type: 'load', model }, options));
  }

  async loadReranker(model: Extract<InferenceWork, { type: 'load-reranker' }>['model'], options: InferenceOptions) {
    return toLoadedModel(await this.#request({ type: 'load-reranker', model }, options));
  }

  async embed(request: Omit<Extract<InferenceWork, { type: 'embed' }>, 'type'>, options: InferenceOptions) {
    const { result, numbers } = await this.#request({ type: 'embed', ...request }, options);
    const { dimensions, embeddedCharacters, device, warning } = result;
    const rows = dimensions === 0 ? 0 : numbers.length / dimensions;
    const vectors = Array.from({ length: rows }, (_, row) => numbers.slice(row * dimensions, (row + 1) * dimensions));
    return { vectors, embeddedCharacters, device, warning };
  }

  async rerank(request: Omit<Extract<InferenceWork, { type: 'rerank' }>, 'type'>, options: InferenceOptions) {
    const { numbers } = await this.#request({ type: 'rerank', ...request }, options);
    return [...numbers];
  }

  async close() {
    this.#closed = true;
    clearTimeout(this.#restartTimer);
    clearTimeout(this.#idleTimer);
    clearInterval(this.#silenceTimer);
    this.#rejectAll(new InferenceError('closed', 'The server is shutting down'));
    for (const process of this.#running) process.keepAlive(true);
    this.#process?.kill();
    await Promise.all([...this.#running].map((process) => process.exited));
  }

  #request(work: InferenceWork, { priority, signal }: InferenceOptions): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      if (this.#closed) return reject(new InferenceError('closed', 'The server is shutting down'));
      const id = ++this.#lastId;
      const abort = () => {
        this.#requests.delete(id);
        this.#process?.send({ type: 'cancel', id });
        this.#goIdleIfDone();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      const forget = () => {
        this.#requests.delete(id);
        signal?.removeEventListener('abort', abort);
        this.#goIdleIfDone();
      };
      const request: Request = {
        id,
        priority,
        work,
        crashes: 0,
        resolve: (answer) => {
          forget();
          resolve(answer);
        },
        reject: (error) => {
          forget();
          reject(error);
        },
      };
      this.#requests.set(id, request);
      this.#send(request);
    });
  }

  #send(request: Request) {
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
      this.#watchSilence();
      const { id, priority, work } = request;
      this.#process.send({ type: 'work', id, priority, work: this.#avoidBrokenDevice(work) });
    }
  }

  #avoidBrokenDevice(work: InferenceWork): InferenceWork {
    if (!this.#brokenDevices.has(work.model.device)) return work;
    // The spread keeps the kind of work; only the device of its model changes.
    return { ...work, model: { ...work.model, device: 'cpu' } } as InferenceWork;
  }

  #resume() {
    this.#restartTimer = undefined;
    for (const request of [...this.#requests.values()]) this.#send(request);
  }

  #start(): InferenceProcess {
    const process = startInferenceProcess(this.#deps.command(), {
      onMessage: (message, numbers) => this.#receive(message, numbers),
      onEnd: (reason) => this.#handleEnd(process, reason),
    });
    this.#running.add(process);
    return process;
  }

  /** Kills a process that hangs, because it is suspended or stuck in native code. Its requests go to a new process. */
  #watchSilence() {
    if (this.#silenceTimer !== undefined) return;
    const { silenceLimits: limits = silenceLimits, clock, logger } = this.#deps;
    this.#lastMessageAt = clock.monotonic();
    const check = () => {
      const limit = this.#working?.on === 'model' ? limits.model : limits.text;
      const silence = clock.monotonic() - this.#lastMessageAt;
      if (this.#process === undefined || silence < limit) return;
      logger.warn('The inference process hangs and is killed', { silent_seconds: Math.round(silence / secondLength) });
      this.#lastMessageAt = clock.monotonic();
      this.#process.kill();
    };
    this.#silenceTimer = setInterval(check, Math.min(limits.text, limits.model) / checksPerLimit).unref();
  }

  #receive(message: MessageFromInference, numbers: Float32Array) {
    this.#lastMessageAt = this.#deps.clock.monotonic();
    switch (message.type) {
      case 'hello':
        if (message.protocol !== protocolVersion) {
          this.#rejectAll(
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
        else this.#requests.get(message.id)?.reject(toInferenceError(message));
    }
  }

  #finish({ id, result }: Extract<MessageFromInference, { type: 'done' }>, numbers: Float32Array) {
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
    for (const request of [...this.#requests.values()]) {
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

  #goIdleIfDone() {
    if (this.#requests.size > 0 || this.#closed) return;
    this.#process?.keepAlive(false);
    clearInterval(this.#silenceTimer);
    this.#silenceTimer = undefined;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.#endIdle(), this.#deps.idleMinutes * minuteLength).unref();
  }

  #endIdle() {
    const process = this.#process;
    this.#process = undefined;
    process?.kill();
  }

  #rejectAll(error: InferenceError) {
    for (const request of [...this.#requests.values()]) request.reject(error);
  }
}

function toLoadedModel({ result: { dimensions, device, warning } }: Answer): LoadedModel {
  return { dimensions, device, warning };
}

const hints: Partial<Record<InferenceFailure, string>> = {
  'runtime missing': runtimeHint,
  model: 'Download the model again with memory-mcp download-models --force, or replace its folder.',
};

function toInferenceError({ failure, message }: { failure: InferenceFailure; message: string }): InferenceError {
  return new InferenceError(failure, message, hints[failure]);
}
