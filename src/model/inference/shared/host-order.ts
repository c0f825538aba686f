/**
 * What a server and the host that it starts tell each other outside their connection: the order at the start, and how
 * it ended.
 */
import type { HostTraits } from './host-address.ts';

/** The only argument of the host, as JSON. */
export interface HostOrder extends Omit<HostTraits, 'entry'> {
  readonly folder: string;
  /** The address at which the server looks for the host. */
  readonly id: string;
}

/** Exit codes. `taken`: another process holds the lock. `otherProgram`: it would have another address. */
export const hostExits = { done: 0, failed: 1, taken: 10, otherProgram: 11 } as const;
