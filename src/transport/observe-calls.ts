/**
 * What stands around each call of an operation, whichever route it came by: it may refuse the call before its input is
 * looked at, and it sees how the call ended.
 */
import type { Operation } from '../operation/operation.ts';

export interface Call {
  readonly operation: Operation;
  /** Who calls, as the client named itself. */
  readonly source: string;
  /** What it asked for, once that is known. */
  readonly input: () => unknown;
}

export type ObserveCall = <Value>(call: Call, work: () => Promise<Value>) => Promise<Value>;

export const unobserved: ObserveCall = (_, work) => work();
