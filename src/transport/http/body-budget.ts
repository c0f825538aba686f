/**
 * How much memory all bodies that are still arriving may take together. The limit for one body alone would let many
 * slow clients fill the memory.
 */
export interface BodyBudget {
  /** Whether `bytes` more were free; then they are taken. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

export const inFlightBodiesLimit = 64 * 1024 * 1024;

export function createBodyBudget(limit = inFlightBodiesLimit): BodyBudget {
  let left = limit;
  return {
    take(bytes) {
      if (bytes > left) return false;
      left -= bytes;
      return true;
    },
    give(bytes) {
      left += bytes;
    },
  };
}
