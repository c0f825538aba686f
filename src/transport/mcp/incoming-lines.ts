/**
 * Turns the lines of a stdio connection into messages. Nothing that comes in is met with silence: a line that is no
 * message is answered with an error, and one that needs no answer and has no effect leaves a line in the log.
 */
import {
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResponse,
  type JSONRPCMessage,
} from '@modelcontextprotocol/server';
import type { Logger } from '../../core/logger.ts';
import { quoteForMessage } from '../../core/text/visible-text.ts';
import { batchVersion, longestBatch } from './batches.ts';
import { mendMessage } from './mend-message.ts';

type RequestId = string | number;

export interface IncomingLinesDeps {
  readonly deliver: (message: JSONRPCMessage) => void;
  readonly answer: (error: object) => void;
  /** Called before the messages of a batch are delivered, with the answers to those that are none. */
  readonly openBatch: (ids: readonly RequestId[], answers: readonly object[]) => void;
  readonly logger: Logger;
}

/** JSON-RPC error codes. */
const parseError = -32_700;
const invalidRequest = -32_600;
/** An error repeats an id of at most this length. */
const longestId = 2_000;
const loggedLines = 100;

/** Notifications that a client may send and that change nothing here. */
const withoutEffect = new Set(['notifications/progress', 'notifications/roots/list_changed', 'notifications/message']);
const withEffect = new Set(['notifications/initialized', 'notifications/cancelled']);

export function createIncomingLines({ deliver, answer, openBatch, logger }: IncomingLinesDeps) {
  let logged = 0;
  let version: unknown;

  function log(text: string): void {
    logged += 1;
    if (logged <= loggedLines) logger.warn(text);
    if (logged === loggedLines) logger.warn('further messages without an effect are not logged');
  }

  /** The message, or the error that answers what is none. */
  function readMessage(value: unknown): { message: JSONRPCMessage } | { error: object } {
    const message = mendMessage(value);
    if (isJSONRPCRequest(message) || isJSONRPCNotification(message) || isJSONRPCResponse(message)) return { message };
    return { error: errorReply(idOf(value), invalidRequest, `This is no message of JSON-RPC 2.0: ${faultOf(value)}`) };
  }

  function noteEffect(message: JSONRPCMessage): void {
    if (isJSONRPCResponse(message)) log('the client answered a request that this server never made');
    else if (isJSONRPCNotification(message) && !withEffect.has(message.method) && !withoutEffect.has(message.method)) {
      log(`the client sends ${quoteForMessage(message.method)}, which has no effect`);
    }
  }

  function refuseBatch({ length }: readonly unknown[]): string | undefined {
    if (version !== batchVersion) return `Only protocol version ${batchVersion} has batches: send one message a line`;
    if (length === 0) return 'The batch is empty';
    return length > longestBatch ? `The batch has more than ${longestBatch} messages` : undefined;
  }

  function takeBatch(values: readonly unknown[]): void {
    const refusal = refuseBatch(values);
    if (refusal !== undefined) {
      answer(errorReply(null, invalidRequest, refusal));
      return;
    }
    const ids = new Set<RequestId>();
    const messages: JSONRPCMessage[] = [];
    const errors: object[] = [];
    for (const value of values) {
      const read = readMessage(value);
      if ('error' in read) errors.push(read.error);
      else if (!isJSONRPCRequest(read.message)) messages.push(read.message);
      else if (ids.has(read.message.id) || read.message.method === 'initialize') {
        const reason = ids.has(read.message.id)
          ? 'Another request of the batch has this id'
          : 'initialize stands alone';
        errors.push(errorReply(read.message.id, invalidRequest, reason));
      } else {
        ids.add(read.message.id);
        messages.push(read.message);
      }
    }
    openBatch([...ids], errors);
    for (const message of messages) take(message);
  }

  function take(message: JSONRPCMessage): void {
    noteEffect(message);
    // The server agrees to every version that has batches, so what the client asks for is what is negotiated.
    if (isJSONRPCRequest(message) && message.method === 'initialize') version = message.params?.protocolVersion;
    deliver(message);
  }

  function takeOne(value: unknown): void {
    const read = readMessage(value);
    if ('error' in read) answer(read.error);
    else take(read.message);
  }

  return (line: Buffer): void => {
    const text = line.toString('utf8').replace(/^\ufeff/, '');
    if (text.trim() === '') return;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      answer(errorReply(null, parseError, `The line is no JSON: ${quoteForMessage(text.trim(), 40)}`));
      return;
    }
    if (Array.isArray(value)) takeBatch(value);
    else takeOne(value);
  };
}

function faultOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return 'it must be an object';
  const { jsonrpc, id, method }: { jsonrpc?: unknown; id?: unknown; method?: unknown } = value;
  if (jsonrpc !== '2.0') return 'jsonrpc must be "2.0"';
  if (id !== undefined && typeof id !== 'string' && !Number.isInteger(id)) return 'id must be a text or a whole number';
  if (method === undefined) return 'a request has a method, and an answer a result or an error';
  return typeof method === 'string' ? 'params must be an object' : 'method must be a text';
}

function errorReply(id: RequestId | null, code: number, message: string): object {
  return { jsonrpc: '2.0', id, error: { code, message } };
}

function idOf(value: unknown): RequestId | null {
  const id: unknown = typeof value === 'object' && value !== null && 'id' in value ? value.id : null;
  return typeof id === 'number' || (typeof id === 'string' && id.length <= longestId) ? id : null;
}
