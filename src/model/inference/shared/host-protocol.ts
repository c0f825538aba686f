/**
 * The protocol between a server and the shared host, in the frames of `inference-protocol.ts`. It begins with a proof
 * by both sides that they can read the secret of the user. Before that nothing of a memory or a question is sent, and
 * neither side accepts more than a few bytes.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { LogFields } from '../../../core/logger.ts';
import type { InferenceErrorReason } from '../inference-client.ts';
import type { InferenceResult, MessageToInference } from '../inference-protocol.ts';

/** Each side proves itself over the nonces of both, so that no proof can be used twice. */
export type MessageToHost =
  | { readonly type: 'hello'; readonly nonce: string }
  | { readonly type: 'join'; readonly proof: string; readonly pid: number; readonly idleMinutes: number }
  /** Instead of `join`: asks for vectors of models that are loaded, and counts neither as a server nor as use. */
  | { readonly type: 'visit'; readonly proof: string }
  | Extract<MessageToInference, { type: 'cancel' }>
  | Omit<Extract<MessageToInference, { type: 'work' }>, 'from'>;

export type MessageFromHost =
  | { readonly type: 'challenge'; readonly nonce: string; readonly proof: string }
  /** The first message of a host that has accepted the other side; servers get it again whenever something in it changes. */
  | ({ readonly type: 'state' } & HostState)
  /** Sent again and again while the host owes an answer. Its own work takes milliseconds, so silence means that it hangs. */
  | { readonly type: 'alive' }
  | { readonly type: 'done'; readonly id: number; readonly result: InferenceResult }
  | { readonly type: 'failed'; readonly id: number; readonly failure: InferenceErrorReason; readonly message: string }
  /** For the log of the servers, since the host has none. It never contains a text. */
  | { readonly type: 'warning'; readonly message: string; readonly fields?: LogFields | undefined }
  /** The host ends in good order. What it has not answered it has not done. */
  | { readonly type: 'leaving' };

export interface HostState {
  readonly host: number;
  /** The process that runs the models, if there is one. */
  readonly pid?: number | undefined;
  readonly memory?: number | undefined;
  readonly servers: readonly number[];
}

/** The longest frame before the proof, in bytes. */
export const longestUnprovenFrame = 1024;
const nonceBytes = 32;

export function createNonce(): string {
  return randomBytes(nonceBytes).toString('hex');
}

export interface ProofParts {
  readonly secret: Buffer;
  readonly by: 'host' | 'server';
  /** The id of the address. */
  readonly address: string;
  readonly serverNonce: string;
  readonly hostNonce: string;
}

export function createProof({ secret, by, address, serverNonce, hostNonce }: ProofParts): string {
  return createHmac('sha256', secret)
    .update(JSON.stringify([by, address, serverNonce, hostNonce]))
    .digest('hex');
}

export function isProof(proof: unknown, parts: ProofParts): boolean {
  if (typeof proof !== 'string') return false;
  const [given, expected] = [Buffer.from(proof), Buffer.from(createProof(parts))];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** The nonce in a message of a side that has not proven anything yet. */
export function nonceIn(message: unknown, type: 'hello' | 'challenge'): string | undefined {
  if (typeof message !== 'object' || message === null || !('type' in message) || !('nonce' in message))
    return undefined;
  const { nonce } = message;
  return message.type === type && typeof nonce === 'string' && nonce.length === nonceBytes * 2 ? nonce : undefined;
}
