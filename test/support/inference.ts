/**
 * What the tests of models need: the tiny models as the inference process takes them, clients with a real process
 * behind them, and a look at the processes that are alive.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTestModel } from '../../scripts/test-model/test-models.ts';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { InferenceClient } from '../../src/model/inference/inference-client.ts';
import {
  findBundled,
  findBundledInference,
  type InferenceCommand,
} from '../../src/model/inference/inference-process.ts';
import type { EmbeddingModel, InferenceModel } from '../../src/model/inference/inference-protocol.ts';
import { createInferenceClient } from '../../src/model/inference/inference-runner.ts';
import { createLocalInference, type LocalInferenceDeps } from '../../src/model/inference/local-inference.ts';
import { createSharedInference, type SharedInferenceDeps } from '../../src/model/inference/shared/shared-inference.ts';
import { isRunning } from './processes.ts';

export function tinyEmbedder(changes: Partial<EmbeddingModel> = {}): EmbeddingModel {
  return { ...tinyModel(writeTestModel('tiny-embed')), pooling: 'mean', ...changes };
}

export function tinyReranker(changes: Partial<InferenceModel> = {}): InferenceModel {
  return { ...tinyModel(writeTestModel('tiny-rerank')), ...changes };
}

function tinyModel(folder: string): InferenceModel {
  return { folder, file: 'onnx/model_quantized.onnx', stamp: 'test', device: 'cpu', threads: 1, maxTokens: 512 };
}

export function localInference(changes: Partial<LocalInferenceDeps> = {}): InferenceClient {
  return createInferenceClient(
    createLocalInference({
      command: findBundledInference,
      idleMinutes: 5,
      clock: systemClock,
      logger: silentLogger,
      ...changes,
    }),
  );
}

/** A client of the host in a folder. Clients of the same folder share it. */
export function sharedInference(folder: string, changes: Partial<SharedInferenceDeps> = {}): InferenceClient {
  return createInferenceClient(
    createSharedInference({
      folder,
      command: () => findBundled('inference-host.cjs'),
      device: 'cpu',
      threads: 1,
      idleMinutes: 5,
      decisiveEnvironment: {},
      plainEnvironment: { PATH: process.env.PATH ?? '' },
      logger: silentLogger,
      ...changes,
    }),
  );
}

/** The real process, with `code` run in it first: for what cannot be provoked from outside. */
export function inferenceAfter(code: string): InferenceCommand {
  const { execPath, args } = findBundledInference();
  const entry = join(temporaryFolder(), 'entry.cjs');
  writeFileSync(entry, `${code}\nrequire(${JSON.stringify(args[0])});\n`);
  return { execPath, args: [entry] };
}

/** Code that runs first in the inference process: a card that is played by the CPU, and fails as `fault` says. */
export const playedCard = (fault: string) => `
  const { createRequire } = require('node:module');
  const { InferenceSession } = createRequire(${JSON.stringify(findBundledInference().args[0])})('onnxruntime-node');
  const { create } = InferenceSession;
  InferenceSession.create = async (file, options) => {
    const [provider] = options.executionProviders ?? [];
    if ((provider?.name ?? provider) !== 'cuda') return create.call(InferenceSession, file, options);
    const session = await create.call(InferenceSession, file, { ...options, executionProviders: ['cpu'] });
    const run = session.run.bind(session);
    let runs = 0;
    session.run = (...inputs) => {
      runs += 1;
      ${fault}
      return run(...inputs);
    };
    return session;
  };
`;

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'memory-mcp-model-'));
}

export const processListSkip = process.platform === 'linux' ? false : 'needs /proc to see child processes';

/** Process ids of the direct children of `parent` that are alive. */
export function childProcesses(parent = process.pid): number[] {
  const list = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim();
  return list === '' ? [] : list.split(' ').map(Number).filter(isRunning);
}

export function cosine(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < left.length; index++) sum += (left[index] ?? 0) * (right[index] ?? 0);
  return sum;
}
