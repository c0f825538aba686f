/**
 * One entry for each call of an operation and for each request that was turned away: who, what, when, how it ended.
 * Never a token, and no text of a memory unless the level is `debug`, where the arguments are part of the entry.
 */
import type { Clock } from '../core/clock.ts';
import { type LogLevel, logLevels } from '../core/logger.ts';

export interface CallEntry {
  readonly event: 'call';
  readonly via: 'mcp' | 'api';
  readonly operation: string;
  readonly persona: string;
  /** The label of the token; absent without tokens. */
  readonly token?: string | undefined;
  readonly source: string;
  readonly address: string;
  /** `ok`, or the code of the error. */
  readonly outcome: string;
  readonly milliseconds: number;
  readonly input: unknown;
}

export interface RefusalEntry {
  readonly event: 'refused';
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly token?: string | undefined;
  readonly address: string;
  readonly reason: string;
}

export interface CallLogDeps {
  /** Takes whole lines, each a JSON object. */
  readonly write: (line: string) => void;
  readonly level: () => LogLevel;
  readonly clock: Clock;
}

export function createCallLog({ write, level, clock }: CallLogDeps) {
  return {
    record(entry: CallEntry | RefusalEntry): void {
      const own = levelOf(entry);
      if (logLevels.indexOf(own) < logLevels.indexOf(level())) return;
      const { input, ...rest } = { input: undefined, ...entry };
      const shown = level() === 'debug' && input !== undefined ? { ...rest, input } : rest;
      write(`${JSON.stringify({ time: clock.now().toISOString(), level: own, ...shown })}\n`);
    },
  };
}

export type CallLog = ReturnType<typeof createCallLog>;

function levelOf(entry: CallEntry | RefusalEntry): LogLevel {
  if (entry.event === 'refused') return 'warn';
  return entry.outcome === 'internal' || entry.outcome === 'corrupt' ? 'error' : 'info';
}
