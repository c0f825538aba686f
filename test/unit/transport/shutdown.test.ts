import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import { shutdownLimits, waitForShutdown } from '../../../src/transport/shutdown.ts';

type Signal = 'SIGTERM' | 'SIGINT' | 'SIGHUP';

/** A server that never finishes its work, and the signals that it is sent: no time passes unless a test lets it. */
function startHanging() {
  vi.useFakeTimers();
  const signals: readonly Signal[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];
  const before = new Map(signals.map((signal) => [signal, process.listeners(signal)]));
  const added = (signal: Signal) =>
    process.listeners(signal).filter((listener) => before.get(signal)?.includes(listener) !== true);
  onTestFinished(() => {
    for (const signal of signals) for (const listener of added(signal)) process.removeListener(signal, listener);
    vi.useRealTimers();
  });
  let code: number | undefined;
  let closings = 0;
  const close = () => {
    closings += 1;
    return new Promise<void>(() => {});
  };
  void waitForShutdown({ watchParent: false, close, logger: silentLogger }).then((found) => {
    code = found;
  });
  return {
    send: (signal: Signal) => {
      for (const listener of added(signal)) listener(signal);
    },
    /** The exit code, after `milliseconds` have passed. */
    codeAfter: async (milliseconds: number) => {
      await vi.advanceTimersByTimeAsync(milliseconds);
      return code;
    },
    closings: () => closings,
  };
}

describe('a signal to a server whose work does not end', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('lets it work on until the time is up: %s', async (signal) => {
    const server = startHanging();
    server.send(signal);
    expect(await server.codeAfter(shutdownLimits.all - 1)).toBeUndefined();
    expect(await server.codeAfter(1)).toBe(0);
  });

  it('ends it at once when it is the second one, of whatever kind', async () => {
    const server = startHanging();
    server.send('SIGTERM');
    expect(await server.codeAfter(1)).toBeUndefined();
    server.send('SIGINT');
    expect(await server.codeAfter(0)).toBe(0);
    expect(server.closings()).toBe(1);
  });
});
