/**
 * The inference process: the entry of a bundle of its own, started by a server as its child with the channel on file
 * descriptor 3. It reads model files and texts, never a store and never the network, and holds nothing worth saving,
 * so it ends at once when its channel does. What libraries print goes nowhere.
 */
import { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { reasonOf } from '../../core/errors.ts';
import { InferenceError } from './inference-client.ts';
import { createInferenceEngine } from './inference-engine.ts';
import {
  type MessageFromInference,
  type MessageToInference,
  openChannel,
  protocolVersion,
} from './inference-protocol.ts';
import { createInferenceQueue } from './inference-queue.ts';
import { loadRunnableModel } from './onnx-model.ts';

const channelDescriptor = 3;
const parentCheckMilliseconds = 500;

const end = () => process.kill(process.pid, 'SIGKILL');

const stream = new Socket({ fd: channelDescriptor });
stream.on('end', end).on('close', end).on('error', end);
// Ctrl-C in a terminal reaches the whole group; the server decides when its work is done.
process.on('SIGINT', () => {});
process.title = 'memory-mcp inference';
endWithParent();

type Work = Extract<MessageToInference, { type: 'work' }>;

const queue = createInferenceQueue();
const idsOfWork = new WeakMap<Work['work'], number>();
const engine = createInferenceEngine({
  load: loadRunnableModel,
  onWorking: (work, on) => {
    const id = idsOfWork.get(work);
    if (id !== undefined) channel.send({ type: 'working', id, on });
  },
});
const channel = openChannel<MessageToInference, MessageFromInference>(stream, {
  onMessage: (message) => {
    if (message.type === 'cancel') queue.cancel(message.id);
    else queue.add({ id: message.id, priority: message.priority, steps: answer(message) });
  },
  onBroken: end,
});
channel.send({ type: 'hello', protocol: protocolVersion });

async function* answer({ id, work }: Work): AsyncGenerator<void, void> {
  idsOfWork.set(work, id);
  try {
    const { result, numbers } = yield* engine.steps(work);
    channel.send({ type: 'done', id, result }, numbers);
  } catch (error) {
    const failure = error instanceof InferenceError && isFailure(error.reason) ? error.reason : 'work';
    channel.send({ type: 'failed', id, failure, message: reasonOf(error) });
  }
}

function isFailure(reason: InferenceError['reason']) {
  return reason === 'runtime missing' || reason === 'model' || reason === 'work';
}

/**
 * The end of the channel is seen only between two steps, and loading a large model is one step of many seconds. A
 * thread looks meanwhile whether the parent still lives; where the system never gives a child a new parent (Windows)
 * the end of the channel alone must do.
 */
function endWithParent(): void {
  const watch = `
    const parent = process.ppid;
    setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGKILL'), ${parentCheckMilliseconds});
  `;
  new Worker(watch, { eval: true }).unref();
}
