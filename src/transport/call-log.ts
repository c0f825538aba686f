/**
 * The call log: one entry for each operation call and for each refused request. Entries never contain a token. They
 * contain the arguments, and with them memory text, only at level `debug`.
 */
import type { Clock } from '../core/clock.ts';
import { type LogLevel, logLevels } from '../core/logger.ts';

export interface CallEntry {
  readonly event: 'call';
  readonly via: 'mcp' | 'api';
  readonly operation: string;
  readonly persona: string;
  /** The label of the token. Absent without tokens. */
  readonly token?: string | undefined;
  readonly source: string;
  readonly address: string;
  /** `ok` or an error code. */
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
  /** Receives whole lines, each a JSON object. */
  readonly write: (line: string) => void;
  readonly level: () => LogLevel;
  readonly clock: Clock;
}

export function createCallLog({ write, level, clock }: CallLogDeps) {
  return {
    record(entry: CallEntry | RefusalEntry): void {
      const entryLevel = chooseLevel(entry);
      if (logLevels.indexOf(entryLevel) < logLevels.indexOf(level())) return;
      const { input, ...rest } = { input: undefined, ...entry };
      const fields = level() === 'debug' && input !== undefined ? { ...rest, input } : rest;
      write(`${JSON.stringify({ time: clock.now().toISOString(), level: entryLevel, ...fields })}\n`);
    },
  };
}

export type CallLog = ReturnType<typeof createCallLog>;

function chooseLevel(entry: CallEntry | RefusalEntry): LogLevel {
  if (entry.event === 'refused') return 'warn';
  return entry.outcome === 'internal' || entry.outcome === 'corrupt' ? 'error' : 'info';
}
