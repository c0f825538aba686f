/**
 * Serves MCP over standard input and output, in both protocol versions on one connection. Standard output carries only
 * the protocol. When the client closes its end, pending requests are answered before the server exits. Backpressure: the
 * server stops reading if too many requests are running or the client does not read its replies.
 */

import { PassThrough, type Readable, type Writable } from 'node:stream';
import type { JSONRPCMessage } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio as serveConnection } from '@modelcontextprotocol/server/stdio';
import { shutdownLimits } from '../shutdown.ts';
import { type Batches, createBatches } from './batches.ts';
import { createIncomingLines } from './incoming-lines.ts';
import { createMessageLines } from './message-lines.ts';
import { createMcpServer, type McpServerDeps } from './server.ts';

export interface StdioDeps extends McpServerDeps {
  readonly input: Readable;
  readonly output: Writable;
}

const mebibyte = 1_048_576;
const longestLine = 10 * mebibyte;
/** Limits for reading on: requests that are running, and bytes of replies that the client has not read. */
const maxRunning = 100;
const maxUnread = 4 * mebibyte;
/** JSON-RPC error code for invalid JSON. */
const parseError = -32_700;

export function serveStdio({ input, output, ...deps }: StdioDeps) {
  const owed = createOwedAnswers();
  const write = (message: object) => output.write(`${JSON.stringify(message)}\n`);
  const batches = createBatches(write);
  // Messages reach the transport through `onmessage`. The end of this stream closes it.
  const connection = new PassThrough();
  const transport = new StdioServerTransport(connection, output);
  const handle = serveConnection(() => createMcpServer(deps), {
    transport: countingAnswers(transport, owed, batches),
    onerror: (error) => deps.logger.debug('protocol', { reason: error.message }),
  });
  const broken = untilClosed(transport);

  const lines = createMessageLines({
    limit: longestLine,
    onLine: createIncomingLines({
      deliver: (message) => transport.onmessage?.(message),
      answer: write,
      openBatch: batches.open,
      logger: deps.logger,
    }),
    onTooLong: () =>
      deps.logger.warn(`the client sends a line of more than ${longestLine / mebibyte} MB, which is skipped`),
    onSkipped: (id) => {
      const message = `The message is longer than ${longestLine / mebibyte} MB and was skipped`;
      write({ jsonrpc: '2.0', id, error: { code: parseError, message } });
    },
  });
  let closing: Promise<void> | undefined;
  let waiting = false;
  function keepPace(): void {
    const full = owed.running() >= maxRunning || output.writableLength > maxUnread;
    if (full === waiting || closing !== undefined) return;
    waiting = full;
    if (full) input.pause();
    else input.resume();
  }
  // Each reply that waits to be written adds a listener. The limits above bound their number.
  output.setMaxListeners(0);
  owed.onReady(keepPace);
  output.on('drain', keepPace);
  input.on('data', (chunk: Buffer) => {
    lines.take(chunk);
    keepPace();
  });
  input.once('end', () => lines.end());
  const inputEnded = new Promise<void>((resolve) => {
    input.once('end', resolve);
    input.once('close', resolve);
    input.once('error', () => resolve());
    output.once('error', () => resolve());
  });

  async function close(): Promise<void> {
    input.pause();
    await owed.settled(shutdownLimits.stdioAnswers);
    connection.end();
    await handle.close();
  }
  const closeOnce = () => {
    closing ??= close();
    return closing;
  };
  return {
    /** Resolves when the first reply has been sent. */
    firstAnswer: owed.first,
    /** Resolves when the client has closed or broken the connection and all pending requests have been answered. */
    ended: Promise.race([inputEnded, broken]).then(closeOnce),
    /** Stops reading, answers pending requests and closes the connection. */
    close: closeOnce,
  };
}

export type StdioServer = ReturnType<typeof serveStdio>;

/** Resolves when the transport closes itself because it cannot write. The server would then never answer again. */
function untilClosed(transport: StdioServerTransport): Promise<void> {
  const close = transport.close.bind(transport);
  return new Promise((resolve) => {
    transport.close = async () => {
      await close();
      resolve();
    };
  });
}

function createOwedAnswers() {
  const open = new Set<string | number>();
  const running = new Set<string | number>();
  let notify = () => {};
  let notifyFirst = () => {};
  let notifyReady = () => {};
  return {
    /** The number of requests whose reply is not ready. A ready reply may still be waiting to be sent. */
    running: (): number => running.size,
    /** Sets the listener to call whenever a reply is ready. */
    onReady(listener: () => void): void {
      notifyReady = listener;
    },
    /** Resolves with the first reply. */
    first: new Promise<void>((resolve) => {
      notifyFirst = resolve;
    }),
    asked(id: string | number): void {
      open.add(id);
      running.add(id);
    },
    ready(id: string | number): void {
      running.delete(id);
      notifyReady();
    },
    answered(id: string | number): void {
      open.delete(id);
      notifyFirst();
      if (open.size === 0) notify();
    },
    /** Resolves when all requests have been answered, or after `limit` milliseconds. */
    settled: (limit: number): Promise<void> =>
      new Promise((resolve) => {
        if (open.size === 0) return resolve();
        notify = resolve;
        setTimeout(resolve, limit);
      }),
  };
}

type OwedAnswers = ReturnType<typeof createOwedAnswers>;

/** Tracks unanswered requests by observing the transport's messages, and keeps back the answers of a batch. */
function countingAnswers(transport: StdioServerTransport, owed: OwedAnswers, batches: Batches): StdioServerTransport {
  const send = transport.send.bind(transport);
  transport.send = async (message: JSONRPCMessage) => {
    const id = !('method' in message) && 'id' in message ? message.id : undefined;
    const sent = id !== undefined && batches.take(id, message) ? undefined : send(message);
    if (id !== undefined) owed.ready(id);
    await sent;
    if (id !== undefined) owed.answered(id);
  };
  const start = transport.start.bind(transport);
  transport.start = async () => {
    const deliver = transport.onmessage;
    transport.onmessage = (message) => {
      // A subscription stays open until the client ends it, so it needs no reply.
      if ('method' in message && 'id' in message && message.method !== 'subscriptions/listen') owed.asked(message.id);
      if ('method' in message && message.method === 'notifications/cancelled') {
        const id = message.params?.requestId;
        if (typeof id === 'string' || typeof id === 'number') {
          batches.drop(id);
          owed.ready(id);
          owed.answered(id);
        }
      }
      deliver?.(message);
    };
    await start();
  };
  return transport;
}
