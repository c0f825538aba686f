/**
 * The hook around each operation call, for every transport. It can refuse a call before its input is read, and sees the
 * outcome.
 */
import type { Operation } from '../operation/operation.ts';

export interface Call {
  readonly operation: Operation;
  /** The name that the client gave itself. */
  readonly source: string;
  /** The arguments; undefined until they have been read. */
  readonly input: () => unknown;
}

export type ObserveCall = <Value>(call: Call, work: () => Promise<Value>) => Promise<Value>;

export const callUnobserved: ObserveCall = (_, work) => work();
