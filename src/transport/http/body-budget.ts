/**
 * Limits the memory that all bodies in flight use together. A limit per body alone would let many slow clients fill the
 * memory.
 */
export interface BodyBudget {
  /** Reserves `bytes`. False if they are not available. */
  reserve(bytes: number): boolean;
  release(bytes: number): void;
}

export const inFlightBodiesLimit = 64 * 1024 * 1024;

export function createBodyBudget(limit = inFlightBodiesLimit): BodyBudget {
  let left = limit;
  return {
    reserve(bytes) {
      if (bytes > left) return false;
      left -= bytes;
      return true;
    },
    release(bytes) {
      left += bytes;
    },
  };
}
