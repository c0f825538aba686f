/**
 * A visit to the shared host, by a process that wants to know of it, or wants vectors from a model that it has loaded,
 * without being one of its servers. A visit starts nothing, creates nothing, has nothing loaded and prolongs nothing.
 */
import { existsSync } from 'node:fs';
import { MemoryMcpError, reasonOf } from '../../../core/errors.ts';
import type { ModelSettings } from '../../model-settings.ts';
import { InferenceError } from '../inference-client.ts';
import { toInferenceError } from '../inference-failure.ts';
import { findBundled } from '../inference-process.ts';
import type { EmbeddingModel } from '../inference-protocol.ts';
import { type HostAddress, hostAddress, problemOfAddress } from './host-address.ts';
import { connectToHost, type HostConnection, NoHost } from './host-connection.ts';
import type { HostState, MessageFromHost } from './host-protocol.ts';
import { assertPrivate, openPrivateFolder } from './private-folder.ts';

export type Visit =
  /** The settings share nothing. */
  | { readonly found: 'own' }
  | { readonly found: 'none'; readonly folder: string }
  | { readonly found: 'host'; readonly guest: HostGuest }
  | { readonly found: 'problem'; readonly reason: string; readonly hint?: string | undefined };

export interface HostGuest {
  readonly state: HostState;
  /** The vector of a question. Rejects with `not loaded` if the model is not loaded. */
  embedQuery(request: { model: EmbeddingModel; prefix: string; text: string }): Promise<Float32Array>;
  /** Rejects what has no answer yet. */
  leave(): Promise<void>;
}

/** `patience`: how long the host may take until it lets the guest in, in milliseconds. */
export async function visitHost(
  { sharing, embeddings }: Pick<ModelSettings, 'sharing' | 'embeddings'>,
  patience?: number,
): Promise<Visit> {
  if (sharing === undefined) return { found: 'own' };
  const { folder, environment } = sharing;
  if (folder === undefined) return { found: 'problem', reason: 'this user has no home folder' };
  if (!existsSync(folder)) return { found: 'none', folder };
  try {
    const { device, threads } = embeddings;
    const [entry = ''] = findBundled('inference-host.cjs').args;
    const address = hostAddress(folder, { entry, device, threads, environment: environment.decisive });
    const reason = problemOfAddress(address);
    return reason === undefined ? await enter(address, patience) : { found: 'problem', reason };
  } catch (error) {
    const hint = error instanceof MemoryMcpError ? error.hint : undefined;
    return { found: 'problem', reason: reasonOf(error), hint };
  }
}

async function enter(address: HostAddress, patience: number | undefined): Promise<Visit> {
  const { folder } = address;
  assertPrivate(folder, 'folder');
  if (!existsSync(address.secret)) return { found: 'none', folder };
  const secret = openPrivateFolder(address);
  const calls = new PendingCalls();
  try {
    const connection = await connectToHost({
      address,
      secret,
      as: 'guest',
      onMessage: (message, numbers) => calls.receive(message, numbers),
      onEnd: () => calls.end(),
      ...(patience !== undefined && { patience }),
    });
    return { found: 'host', guest: guestOf(connection, calls) };
  } catch (error) {
    if (!(error instanceof NoHost)) throw error;
    return error.reason === 'absent' ? { found: 'none', folder } : { found: 'problem', reason: error.message };
  }
}

function guestOf(connection: HostConnection, calls: PendingCalls): HostGuest {
  return {
    state: connection.state,
    embedQuery: (request) =>
      calls.add((id) => {
        const work = { type: 'embed', as: 'one', ...request } as const;
        connection.send({ type: 'work', id, priority: 'interactive', work });
      }),
    async leave() {
      calls.end();
      await connection.close();
    },
  };
}

interface Call {
  readonly resolve: (vector: Float32Array) => void;
  readonly reject: (error: Error) => void;
}

/** What the host has been asked and has not answered. */
class PendingCalls {
  readonly #calls = new Map<number, Call>();
  #lastId = 0;
  #ended = false;

  add(send: (id: number) => void): Promise<Float32Array> {
    if (this.#ended) return Promise.reject(goneError());
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#calls.set(id, { resolve, reject });
      send(id);
    });
  }

  receive(message: MessageFromHost, numbers: Float32Array): void {
    if (message.type !== 'done' && message.type !== 'failed') return;
    const call = this.#calls.get(message.id);
    this.#calls.delete(message.id);
    if (message.type === 'done') call?.resolve(numbers);
    else call?.reject(toInferenceError(message.failure, message.message));
  }

  end(): void {
    this.#ended = true;
    for (const { reject } of this.#calls.values()) reject(goneError());
    this.#calls.clear();
  }
}

function goneError(): InferenceError {
  return new InferenceError('closed', 'The shared inference process is no longer connected');
}
