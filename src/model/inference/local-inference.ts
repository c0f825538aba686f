/**
 * The InferenceClient whose process is a child of this one: started by the first request, ended after a while without
 * any, started again when it dies. Importing it costs nothing; nothing of a model is ever loaded here.
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

export interface LocalInferenceDeps {
  /** Asked for when a process is started, so that a missing build is an error of that moment. */
  readonly command: () => InferenceCommand;
  readonly idleMinutes: number;
  /** Milliseconds; tests shorten them. */
  readonly silenceLimits?: SilenceLimits;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * How long the process may say nothing while it owes an answer. It speaks before each step: a model to load, or a chunk
 * of at most 256 tokens, which takes seconds with the largest models on a busy CPU.
 */
interface SilenceLimits {
  readonly model: number;
  readonly text: number;
}

const silenceLimits: SilenceLimits = { model: 3 * minuteLength, text: 30 * secondLength };
const silenceCheck = 20;

interface Answer {
  readonly result: InferenceResult;
  readonly numbers: Float32Array;
}

interface Request {
  readonly id: number;
  readonly priority: InferencePriority;
  readonly work: InferenceWork;
  deaths: number;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

const deathsAllowed = 1;
const firstPause = 250;
const longestPause = 30_000;
/** A request waits for a restart that is nearer than this, in milliseconds; else it is told to come back. */
const patience = 1000;

export function createLocalInference(parts: LocalInferenceDeps): InferenceClient {
  return new LocalInference(parts);
}

class LocalInference implements InferenceClient {
  readonly #parts: LocalInferenceDeps;
  readonly #requests = new Map<number, Request>();
  #lastId = 0;
  #process: InferenceProcess | undefined;
  /** The current one and those that were told to end. */
  readonly #living = new Set<InferenceProcess>();
  /** What the process has in hand. */
  #working: { id: number; on: 'model' | 'text' } | undefined;
  #deathsInARow = 0;
  #restartAt = 0;
  #restartTimer: NodeJS.Timeout | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  /** When the process last spoke, or was given its first work. */
  #heardAt = 0;
  #silenceTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(parts: LocalInferenceDeps) {
    this.#parts = parts;
  }

  async load(model: Extract<InferenceWork, { type: 'load' }>['model'], options: InferenceOptions) {
    return loadedModel(await this.#ask({ type: 'load', model }, options));
  }

  async loadReranker(model: Extract<InferenceWork, { type: 'load-reranker' }>['model'], options: InferenceOptions) {
    return loadedModel(await this.#ask({ type: 'load-reranker', model }, options));
  }

  async embed(request: Omit<Extract<InferenceWork, { type: 'embed' }>, 'type'>, options: InferenceOptions) {
    const { result, numbers } = await this.#ask({ type: 'embed', ...request }, options);
    const { dimensions, embeddedCharacters } = result;
    const rows = dimensions === 0 ? 0 : numbers.length / dimensions;
    const vectors = Array.from({ length: rows }, (_, row) => numbers.slice(row * dimensions, (row + 1) * dimensions));
    return { vectors, embeddedCharacters };
  }

  async rerank(request: Omit<Extract<InferenceWork, { type: 'rerank' }>, 'type'>, options: InferenceOptions) {
    const { numbers } = await this.#ask({ type: 'rerank', ...request }, options);
    return [...numbers];
  }

  async close() {
    this.#closed = true;
    clearTimeout(this.#restartTimer);
    clearTimeout(this.#idleTimer);
    clearInterval(this.#silenceTimer);
    this.#rejectAll(new InferenceError('closed', 'The server is shutting down'));
    for (const process of this.#living) process.holdOpen(true);
    this.#process?.kill();
    await Promise.all([...this.#living].map((process) => process.gone));
  }

  #ask(work: InferenceWork, { priority, signal }: InferenceOptions): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      if (this.#closed) return reject(new InferenceError('closed', 'The server is shutting down'));
      const id = ++this.#lastId;
      const abort = () => {
        this.#requests.delete(id);
        this.#process?.send({ type: 'cancel', id });
        this.#settled();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      const forget = () => {
        this.#requests.delete(id);
        signal?.removeEventListener('abort', abort);
        this.#settled();
      };
      const request: Request = {
        id,
        priority,
        work,
        deaths: 0,
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
    const pause = this.#restartAt - this.#parts.clock.monotonic();
    if (this.#process === undefined && pause > patience) {
      const seconds = Math.ceil(pause / 1000);
      request.reject(new InferenceError('crashed', `The inference process keeps dying; next attempt in ${seconds} s`));
    } else if (this.#process === undefined && pause > 0) {
      this.#restartTimer ??= setTimeout(() => this.#resume(), pause);
    } else {
      try {
        this.#process ??= this.#start();
      } catch (error) {
        return request.reject(new InferenceError('crashed', `The inference process cannot start: ${reasonOf(error)}`));
      }
      this.#process.holdOpen(true);
      this.#watchSilence();
      const { id, priority, work } = request;
      this.#process.send({ type: 'work', id, priority, work });
    }
  }

  #resume() {
    this.#restartTimer = undefined;
    for (const request of [...this.#requests.values()]) this.#send(request);
  }

  #start(): InferenceProcess {
    const process = startInferenceProcess(this.#parts.command(), {
      onMessage: (message, numbers) => this.#receive(message, numbers),
      onEnd: (how) => this.#ended(process, how),
    });
    this.#living.add(process);
    return process;
  }

  /** Ends a process that hangs: stopped, or stuck in native code. What it owed is asked again of a new one. */
  #watchSilence() {
    if (this.#silenceTimer !== undefined) return;
    const { silenceLimits: limits = silenceLimits, clock, logger } = this.#parts;
    this.#heardAt = clock.monotonic();
    const check = () => {
      const limit = this.#working?.on === 'model' ? limits.model : limits.text;
      const silence = clock.monotonic() - this.#heardAt;
      if (this.#process === undefined || silence < limit) return;
      logger.warn('The inference process hangs and is ended', { silent_seconds: Math.round(silence / secondLength) });
      this.#heardAt = clock.monotonic();
      this.#process.kill();
    };
    this.#silenceTimer = setInterval(check, Math.min(limits.text, limits.model) / silenceCheck).unref();
  }

  #receive(message: MessageFromInference, numbers: Float32Array) {
    this.#heardAt = this.#parts.clock.monotonic();
    switch (message.type) {
      case 'hello':
        if (message.protocol !== protocolVersion) {
          this.#rejectAll(new InferenceError('crashed', 'The inference process is of another version of memory-mcp'));
          this.#process?.kill();
        }
        return;
      case 'working':
        this.#working = message;
        return;
      case 'done':
      case 'failed':
        this.#working = undefined;
        this.#deathsInARow = 0;
        if (message.type === 'done') this.#requests.get(message.id)?.resolve({ result: message.result, numbers });
        else this.#requests.get(message.id)?.reject(failureError(message));
    }
  }

  #ended(process: InferenceProcess, how: string) {
    this.#living.delete(process);
    if (this.#process !== process) return;
    const working = this.#working;
    this.#process = undefined;
    this.#working = undefined;
    if (this.#requests.size === 0) return;

    const pause = Math.min(longestPause, firstPause * 2 ** this.#deathsInARow++);
    this.#restartAt = this.#parts.clock.monotonic() + pause;
    this.#parts.logger.warn(`The inference process died (${how}) and is started again`, { pause_ms: pause });
    for (const request of [...this.#requests.values()]) {
      const suspected = working === undefined || working.id === request.id;
      if (!suspected || ++request.deaths <= deathsAllowed) continue;
      const overText = working?.on === 'text';
      const what = overText ? 'over this text' : 'before it had a model';
      request.reject(
        new InferenceError(overText ? 'work' : 'crashed', `The inference process died twice ${what} (${how})`),
      );
    }
    this.#resume();
  }

  #settled() {
    if (this.#requests.size > 0 || this.#closed) return;
    this.#process?.holdOpen(false);
    clearInterval(this.#silenceTimer);
    this.#silenceTimer = undefined;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.#endIdle(), this.#parts.idleMinutes * minuteLength).unref();
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

function loadedModel({ result: { dimensions, device, warning } }: Answer): LoadedModel {
  return { dimensions, device, warning };
}

const hints: Partial<Record<InferenceFailure, string>> = {
  'runtime missing':
    'Install memory-mcp again with its optional packages: ONNXRUNTIME_NODE_INSTALL=skip npm install --include=optional',
  model: 'Fetch the model again with memory-mcp download-models --force, or replace its folder.',
};

function failureError({ failure, message }: { failure: InferenceFailure; message: string }): InferenceError {
  return new InferenceError(failure, message, hints[failure]);
}
