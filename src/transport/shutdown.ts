/**
 * Shuts a server down when its input closes, a signal arrives, or its parent process dies without closing the input. A
 * second signal or a timeout ends the process at once.
 */
import type { Logger } from '../core/logger.ts';

export interface ShutdownDeps {
  /** Resolves when the client has disconnected. Absent if only a signal ends the server. */
  readonly ended?: Promise<void>;
  /** Also shut down when the parent process dies. */
  readonly watchParent?: boolean;
  /** Finishes running work and closes everything. Called once. */
  readonly close: () => Promise<void>;
  readonly logger: Logger;
}

/**
 * Time limits of the shutdown steps, in milliseconds. The steps of a server fit into `all`, because clients expect a
 * server to exit within a second after they close its input.
 */
export const shutdownLimits = {
  all: 950,
  /** Pending replies to a stdio client. */
  stdioAnswers: 700,
  /** Running HTTP calls, and then the connections that carry their replies. */
  httpCalls: 600,
  httpConnections: 150,
} as const;

/** A wrapper process may keep the pipe of a dead client open, so the parent process is checked as well. */
const parentCheckMilliseconds = 500;

/** Resolves with the exit code when the server has stopped. */
export function waitForShutdown({ ended, watchParent = true, close, logger }: ShutdownDeps): Promise<number> {
  return new Promise((resolve) => {
    const parent = process.ppid;
    let started = false;
    const shutDown = (reason: string) => {
      if (started) return;
      started = true;
      clearInterval(parentCheck);
      logger.debug(`shutting down: ${reason}`);
      // Everything durable is already on disk. Work cut off by the deadline is redone at the next start.
      const deadline = setTimeout(() => resolve(0), shutdownLimits.all);
      close().then(
        () => {
          clearTimeout(deadline);
          resolve(0);
        },
        (error: unknown) => {
          logger.error('the server did not shut down cleanly', { reason: String(error) });
          resolve(1);
        },
      );
    };
    const parentCheck = setInterval(() => {
      if (watchParent && process.ppid !== parent) shutDown('the parent process has exited');
    }, parentCheckMilliseconds);
    parentCheck.unref();
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (started) resolve(0);
        else shutDown(signal);
      });
    }
    void ended?.then(() => shutDown('the client closed the connection'));
  });
}
