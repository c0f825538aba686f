/**
 * The connection of a server or a guest to the shared host, from the first byte to the end. It is handed over when both
 * sides have proven that they belong to the same user.
 */
import { connect } from 'node:net';
import { codeOf, reasonOf } from '../../../core/errors.ts';
import { secondLength } from '../../../core/time/durations.ts';
import { openChannel } from '../inference-protocol.ts';
import type { HostAddress } from './host-address.ts';
import {
  createNonce,
  createProof,
  type HostState,
  isProof,
  longestUnprovenFrame,
  type MessageFromHost,
  type MessageToHost,
  nonceIn,
} from './host-protocol.ts';
import { assertPrivate } from './private-folder.ts';

export interface HostConnection {
  readonly state: HostState;
  send(message: MessageToHost): void;
  /** Whether the connection keeps this process alive. */
  keepAlive(keep: boolean): void;
  /** Resolves when the connection is closed. */
  close(): Promise<void>;
}

export interface HostConnectionDeps {
  readonly address: HostAddress;
  readonly secret: Buffer;
  /** A guest is given what is loaded, and counts neither as a server nor as use. */
  readonly as: { readonly idleMinutes: number } | 'guest';
  /** Messages after the first state. */
  readonly onMessage: (message: MessageFromHost, numbers: Float32Array) => void;
  /** Called once if the connection ends after it was handed over. */
  readonly onEnd: () => void;
  /** How long the other side may take until it has accepted this process, in milliseconds. */
  readonly patience?: number;
}

/** `absent`: nothing listens. `silent`: something listens and does not answer. `refused`: it is no host of this user. */
export class NoHost extends Error {
  readonly reason: 'absent' | 'silent' | 'refused';

  constructor(reason: NoHost['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** A host answers in milliseconds, whatever its models are doing. */
const defaultPatience = 10 * secondLength;
/** What a missing or abandoned socket is called on the platforms. */
const absentCodes = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'];

/** Rejects with `NoHost`. */
export function connectToHost(deps: HostConnectionDeps): Promise<HostConnection> {
  const { address, secret, as, onMessage, onEnd, patience = defaultPatience } = deps;
  return new Promise((resolve, reject) => {
    if (process.platform !== 'win32') {
      try {
        assertPrivate(address.socket, 'socket');
      } catch (error) {
        return reject(new NoHost(codeOf(error) === 'ENOENT' ? 'absent' : 'refused', reasonOf(error)));
      }
    }
    const stream = connect(address.socket);
    const serverNonce = createNonce();
    let stage: 'greeting' | 'proven' | 'joined' = 'greeting';
    const closed = new Promise<void>((resolveClosed) => stream.once('close', () => resolveClosed()));
    const fail = (reason: NoHost['reason'], message: string) => {
      clearTimeout(timer);
      stream.destroy();
      reject(new NoHost(reason, message));
    };
    const timer = setTimeout(() => fail('silent', `The process at ${address.socket} does not answer`), patience);

    const join = (message: MessageFromHost) => {
      const hostNonce = nonceIn(message, 'challenge');
      const parts = { secret, address: address.id, serverNonce, hostNonce: hostNonce ?? '' };
      if (
        hostNonce === undefined ||
        message.type !== 'challenge' ||
        !isProof(message.proof, { ...parts, by: 'host' })
      ) {
        return fail('refused', `The process at ${address.socket} cannot prove that it belongs to this user`);
      }
      stage = 'proven';
      const proof = createProof({ ...parts, by: 'server' });
      channel.send(
        as === 'guest'
          ? { type: 'visit', proof }
          : { type: 'join', proof, pid: process.pid, idleMinutes: as.idleMinutes },
      );
    };
    const accept = (message: MessageFromHost) => {
      if (message.type !== 'state') return;
      stage = 'joined';
      clearTimeout(timer);
      resolve({
        state: message,
        send: (out) => channel.send(out),
        keepAlive: (keep) => void (keep ? stream.ref() : stream.unref()),
        close: async () => {
          stream.destroy();
          await closed;
        },
      });
    };
    const channel = openChannel<MessageFromHost, MessageToHost>(stream, {
      onMessage: (message, numbers) => {
        if (stage === 'joined') onMessage(message, numbers);
        else if (stage === 'proven') accept(message);
        else join(message);
      },
      onBroken: (error) => (stage === 'joined' ? stream.destroy() : fail('refused', error.message)),
      maximumFrame: () => (stage === 'greeting' ? longestUnprovenFrame : undefined),
    });
    stream.once('connect', () => channel.send({ type: 'hello', nonce: serverNonce }));
    stream.once('error', (error) => {
      if (stage === 'joined') return;
      fail(absentCodes.includes(codeOf(error) ?? '') ? 'absent' : 'refused', reasonOf(error));
    });
    stream.on('error', () => {});
    stream.once('close', () => {
      // A host that ends just now hangs up on newcomers.
      if (stage === 'joined') onEnd();
      else fail('absent', `The process at ${address.socket} has hung up`);
    });
  });
}
