/**
 * One life of the inference process as its parent sees it: spawned, spoken to over file descriptor 3, ended once.
 * Used by the client that restarts it; keeps no work and makes no decisions.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';

import { MemoryMcpError, reasonOf } from '../../core/errors.ts';
import { type MessageFromInference, type MessageToInference, openChannel } from './inference-protocol.ts';

/** What to run; tests put something else in its place. */
export interface InferenceCommand {
  readonly execPath: string;
  readonly args: readonly string[];
}

export interface InferenceProcessEvents {
  readonly onMessage: (message: MessageFromInference, numbers: Float32Array) => void;
  /** Once, whatever ended it: "signal SIGKILL", "exit code 1", or why it could not start. */
  readonly onEnd: (how: string) => void;
}

const channelDescriptor = 3;

/** The bundled entry: beside this chunk when the program is bundled, in `dist` when it runs from its sources. */
export function bundledInference(): InferenceCommand {
  const places = [join(import.meta.dirname, 'inference.cjs'), join(import.meta.dirname, '../../../dist/inference.cjs')];
  const entry = places.find((place) => existsSync(place));
  if (entry === undefined) {
    throw new MemoryMcpError('internal', `The program is not built: there is no ${places[0]}`, {
      hint: 'Run npm run build.',
    });
  }
  return { execPath: process.execPath, args: [entry] };
}

export function startInferenceProcess(command: InferenceCommand, { onMessage, onEnd }: InferenceProcessEvents) {
  // "overlapped" is "pipe" on every system but Windows, where a duplex pipe needs it.
  const child = spawn(command.execPath, command.args, {
    stdio: ['ignore', 'ignore', 'ignore', 'overlapped'],
    windowsHide: true,
  });
  const gone = new Promise<void>((resolve) => {
    const end = (how: string) => {
      resolve();
      onEnd(how);
    };
    child.on('error', (error) => child.pid === undefined && end(reasonOf(error)));
    child.once('exit', (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  const stream = child.stdio?.[channelDescriptor];
  if (!(stream instanceof Socket)) throw new MemoryMcpError('internal', 'The inference process has no channel');
  const kill = () => {
    stream.destroy();
    child.kill('SIGKILL');
  };
  // A broken channel is the end of the process; its exit is what is reported.
  stream.on('error', () => {}).on('close', kill);
  const channel = openChannel<MessageFromInference, MessageToInference>(stream, { onMessage, onBroken: kill });
  return {
    /** Resolves when it has ended. */
    gone,
    send: (message: MessageToInference): void => channel.send(message),
    /** Whether the process may keep this one alive: only while it owes an answer. */
    holdOpen: (hold: boolean): void => {
      for (const handle of [child, stream]) hold ? handle.ref() : handle.unref();
    },
    /** Ends it at once, since it holds nothing worth saving. */
    kill,
  };
}

export type InferenceProcess = ReturnType<typeof startInferenceProcess>;
