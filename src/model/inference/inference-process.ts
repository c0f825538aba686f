/**
 * Spawns one inference process and communicates with it over file descriptor 3. Restarts and pending requests are
 * handled by the client that uses it.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { MemoryMcpError, reasonOf } from '../../core/errors.ts';
import { type MessageFromInference, type MessageToInference, openChannel } from './inference-protocol.ts';

/** The command that starts the process. Tests can replace it. */
export interface InferenceCommand {
  readonly execPath: string;
  readonly args: readonly string[];
}

export interface InferenceProcessEvents {
  readonly onMessage: (message: MessageFromInference, numbers: Float32Array) => void;
  /** Called once when the process has ended: "signal SIGKILL", "exit code 1", or why it could not start. */
  readonly onEnd: (reason: string) => void;
}

const channelDescriptor = 3;

export const findBundledInference = (): InferenceCommand => findBundled('inference.cjs');

/** Finds a bundled entry: next to this chunk in a bundle, or in `dist` when running from the sources. */
export function findBundled(name: 'inference.cjs' | 'inference-host.cjs'): InferenceCommand {
  const places = [join(import.meta.dirname, name), join(import.meta.dirname, '../../../dist', name)];
  const entry = places.find((place) => existsSync(place));
  if (entry === undefined) {
    throw new MemoryMcpError('internal', `The program is not built: ${places[0]} does not exist`, {
      hint: 'Run npm run build.',
    });
  }
  return { execPath: process.execPath, args: [entry] };
}

export function startInferenceProcess(command: InferenceCommand, { onMessage, onEnd }: InferenceProcessEvents) {
  // On Windows a duplex pipe must be "overlapped". Elsewhere that is the same as "pipe".
  const child = spawn(command.execPath, command.args, {
    stdio: ['ignore', 'ignore', 'pipe', 'overlapped'],
    windowsHide: true,
  });
  const stream = child.stdio?.[channelDescriptor];
  if (!(stream instanceof Socket)) {
    // Node opens no pipes then, and reports the reason later, when nothing listens for it any more.
    child.on('error', () => {});
    throw new MemoryMcpError('internal', 'the system has no more file descriptors or processes for it');
  }
  const exited = new Promise<void>((resolve) => {
    const end = (reason: string) => {
      resolve();
      onEnd(reason);
    };
    child.on('error', (error) => child.pid === undefined && end(reasonOf(error)));
    child.once('exit', (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  const errors = collectRuntimeErrors(child.stderr);
  const kill = () => {
    stream.destroy();
    child.kill('SIGKILL');
  };
  // If the channel breaks, kill the process. Its exit is then reported.
  stream.on('error', () => {}).on('close', kill);
  const channel = openChannel<MessageFromInference, MessageToInference>(stream, { onMessage, onBroken: kill });
  return {
    pid: child.pid,
    /** Resolves when the process has ended. */
    exited,
    send: (message: MessageToInference): void => channel.send(message),
    /** Whether the child keeps this process alive. Needed only while requests are pending. */
    keepAlive: (keep: boolean): void => {
      for (const handle of [child, stream, child.stderr]) if (isHandle(handle)) keep ? handle.ref() : handle.unref();
    },
    /** What ONNX Runtime has printed about a device since the last call. */
    takeRuntimeErrors: errors.take,
    /** Kills the process immediately, because it has no state to save. */
    kill,
  };
}

export type InferenceProcess = ReturnType<typeof startInferenceProcess>;

/** Lines about libraries and devices. All others are dropped, because they can contain texts. */
const aboutRuntime = /onnxruntime|\blib[\w.-]+\.so|cuda|cudnn|cublas/i;
const keptErrors = { lines: 5, characters: 300 };

function collectRuntimeErrors(stream: Readable | null): { take(): string[] } {
  let lines: string[] = [];
  if (stream !== null) {
    createInterface({ input: stream }).on('line', (line) => {
      if (!aboutRuntime.test(line)) return;
      lines.push(line.slice(0, keptErrors.characters));
      lines = lines.slice(-keptErrors.lines);
    });
  }
  return {
    take() {
      const taken = lines;
      lines = [];
      return taken;
    },
  };
}

/** A pipe of a child is a socket, which its type does not say. */
function isHandle(handle: object | null): handle is { ref(): unknown; unref(): unknown } {
  return handle !== null && 'ref' in handle && 'unref' in handle;
}
