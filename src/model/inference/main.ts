/**
 * Entry point of the inference process, in a separate bundle. A server starts it as a child with a channel on file
 * descriptor 3. It reads model files and never accesses a store or the network. It has no state to save, so it exits
 * immediately when the channel closes. Output of libraries is discarded.
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
import { loadOnnxModel } from './onnx-model.ts';

const channelDescriptor = 3;
const parentCheckMilliseconds = 500;

const exit = () => process.kill(process.pid, 'SIGKILL');

const stream = new Socket({ fd: channelDescriptor });
stream.on('end', exit).on('close', exit).on('error', exit);
// Ctrl-C reaches the whole process group. Ignore it here, because the server may still need results.
process.on('SIGINT', () => {});
process.title = 'memory-mcp inference';
exitWithParent();

type Work = Extract<MessageToInference, { type: 'work' }>;

const queue = createInferenceQueue();
const workIds = new WeakMap<Work['work'], number>();
const engine = createInferenceEngine({
  load: loadOnnxModel,
  onWorking: (work, on) => {
    const id = workIds.get(work);
    if (id !== undefined) channel.send({ type: 'working', id, on });
  },
});
const channel = openChannel<MessageToInference, MessageFromInference>(stream, {
  onMessage: (message) => {
    const { type } = message;
    if (type === 'cancel') queue.cancel(message.id);
    else if (type === 'gone')
      queue.add({ priority: 'background', from: message.from, steps: engine.forget(message.from) });
    else queue.add({ id: message.id, priority: message.priority, from: message.from, steps: answer(message) });
  },
  onBroken: exit,
});
channel.send({ type: 'hello', protocol: protocolVersion });

async function* answer({ id, from, work }: Work): AsyncGenerator<void, void> {
  workIds.set(work, id);
  try {
    const { result, numbers } = yield* engine.steps(work, from);
    channel.send({ type: 'done', id, memory: process.memoryUsage.rss(), result }, numbers);
  } catch (error) {
    const failure = error instanceof InferenceError && isFailure(error.reason) ? error.reason : 'work';
    channel.send({ type: 'failed', id, failure, message: reasonOf(error) });
  }
}

function isFailure(reason: InferenceError['reason']) {
  return reason !== 'crashed' && reason !== 'closed';
}

/**
 * The main thread notices a closed channel only between steps, and loading a large model is a single step that takes
 * many seconds. A worker thread therefore checks whether the parent is still alive. Windows does not reparent
 * processes, so there only the closed channel ends this process.
 */
function exitWithParent(): void {
  const watch = `
    const parent = process.ppid;
    setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGKILL'), ${parentCheckMilliseconds});
  `;
  new Worker(watch, { eval: true }).unref();
}
