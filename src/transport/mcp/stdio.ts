/**
 * Serves MCP over standard input and output, both protocol eras on one connection. Standard output carries protocol
 * and nothing else; when the client closes its end, every answer that is still owed is sent before the server ends.
 */

import { PassThrough, type Readable, type Writable } from 'node:stream';
import type { JSONRPCMessage } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio as serveConnection } from '@modelcontextprotocol/server/stdio';
import { shutdownLimits } from '../shutdown.ts';
import { createMcpServer, type McpServerDeps } from './server.ts';

export interface StdioDeps extends McpServerDeps {
  readonly input: Readable;
  readonly output: Writable;
}

export function serveStdio({ input, output, ...parts }: StdioDeps) {
  const owed = createOwedAnswers();
  const connection = new PassThrough();
  const transport = new StdioServerTransport(connection, output);
  const handle = serveConnection(() => createMcpServer(parts), {
    transport: countingAnswers(transport, owed),
    onerror: (error) => parts.logger.debug('protocol', { reason: error.message }),
  });
  const broken = untilClosed(transport);

  input.on('data', (chunk: Buffer) => connection.write(chunk));
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
  let closing: Promise<void> | undefined;
  const closeOnce = () => {
    closing ??= close();
    return closing;
  };
  return {
    /** Resolves when the client has got its first answer. */
    firstAnswer:
      owed.first /** Resolves when the client has closed its end, or broken the connection, and everything owed has been answered. */,
    ended: Promise.race([inputEnded, broken]).then(
      closeOnce,
    ) /** Stops reading, answers what is owed, closes the connection. */,
    close: closeOnce,
  };
}

export type StdioServer = ReturnType<typeof serveStdio>;

/** The transport gives up by itself on a line without end; a server that stayed would be deaf, so this ends it. */
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
  let notify = () => {};
  let notifyFirst = () => {};
  return {
    /** Resolves at the first answer. */
    first: new Promise<void>((resolve) => {
      notifyFirst = resolve;
    }),
    asked: (id: string | number): void => void open.add(id),
    answered(id: string | number): void {
      open.delete(id);
      notifyFirst();
      if (open.size === 0) notify();
    },
    /** Resolves when nothing is owed, at the latest after so many milliseconds. */
    settled: (limit: number): Promise<void> =>
      new Promise((resolve) => {
        // The last lines may still be in the pipe between here and the parser: give them one turn to be counted.
        setImmediate(() => {
          if (open.size === 0) return resolve();
          notify = resolve;
          setTimeout(resolve, limit);
        });
      }),
  };
}

type OwedAnswers = ReturnType<typeof createOwedAnswers>;

/** Watches a transport's traffic to know which requests have no answer yet. */
function countingAnswers(transport: StdioServerTransport, owed: OwedAnswers): StdioServerTransport {
  const send = transport.send.bind(transport);
  transport.send = async (message: JSONRPCMessage) => {
    await send(message);
    if (!('method' in message) && 'id' in message && message.id !== undefined) owed.answered(message.id);
  };
  const start = transport.start.bind(transport);
  transport.start = async () => {
    const deliver = transport.onmessage;
    transport.onmessage = (message) => {
      if ('method' in message && 'id' in message) owed.asked(message.id);
      if ('method' in message && message.method === 'notifications/cancelled') {
        const id = message.params?.requestId;
        if (typeof id === 'string' || typeof id === 'number') owed.answered(id);
      }
      deliver?.(message);
    };
    await start();
  };
  return transport;
}
