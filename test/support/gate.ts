/**
 * A gate for tests that must hold something up at one place until something else has happened.
 */
export interface Gate {
  /** Resolves when the gate is open. */
  pass(): Promise<void>;
  open(): void;
  /** How many wait at it. */
  waiting(): number;
}

export function gate(): Gate {
  let open = () => {};
  let waiting = 0;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    async pass() {
      waiting++;
      await opened;
      waiting--;
    },
    open,
    waiting: () => waiting,
  };
}
