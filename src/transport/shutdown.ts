/**
 * Ends a server when it should end: closed input, a signal, or a parent that died without closing anything. Whatever
 * happens first starts the one orderly end; a second signal or a hanging step cuts it short.
 */
import type { Logger } from '../core/logger.ts';

export interface ShutdownDeps {
  /** Resolves when there is nothing left to serve; absent where only a signal ends the server. */
  readonly ended?: Promise<void>;
  /** Whether the end of the parent process is the end of the server. */
  readonly watchParent?: boolean;
  /** Drains, flushes, closes. Called once. */
  readonly close: () => Promise<void>;
  readonly logger: Logger;
}

/**
 * How long each step of a shutdown may take, in milliseconds. The steps of one server fit into `all`: a client expects a
 * server to have ended a second after it closed its input.
 */
export const shutdownLimits = {
  all: 950,
  /** Answers that a stdio client is still owed. */
  stdioAnswers: 700,
  /** HTTP calls that are running, and then the connections that carry their replies. */
  httpCalls: 600,
  httpConnections: 150,
} as const;

/** A wrapper may keep the pipe of a dead client open, so the parent itself is watched. */
const parentCheckMilliseconds = 500;

/** Resolves with the exit code when the server has ended. */
export function untilShutdown({ ended, watchParent = true, close, logger }: ShutdownDeps): Promise<number> {
  return new Promise((resolve) => {
    const parent = process.ppid;
    let begun = false;
    const begin = (why: string) => {
      if (begun) return;
      begun = true;
      clearInterval(parentCheck);
      logger.debug(`ending: ${why}`);
      // Everything durable is already on disk; what is cut off here is rebuilt at the next start.
      const deadline = setTimeout(() => resolve(0), shutdownLimits.all);
      close().then(
        () => {
          clearTimeout(deadline);
          resolve(0);
        },
        (error: unknown) => {
          logger.error('the server did not end cleanly', { reason: String(error) });
          resolve(1);
        },
      );
    };
    const parentCheck = setInterval(() => {
      if (watchParent && process.ppid !== parent) begin('the parent process is gone');
    }, parentCheckMilliseconds);
    parentCheck.unref();
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (begun) resolve(0);
        else begin(signal);
      });
    }
    void ended?.then(() => begin('the client closed the connection'));
  });
}
