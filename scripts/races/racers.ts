/**
 * Processes that stand by until a race begins: each is given a line of input and answers with a line of output.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Racer {
  readonly pid: number;
  /** Undefined if the process ends without an answer. */
  ask(line: string): Promise<string | undefined>;
  kill(): Promise<void>;
  /** Closes its input and waits until it has ended. */
  end(): Promise<void>;
}

/** Runs a script of this repository. */
export function startRacer(script: string, args: readonly string[]): Racer {
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { stdin, stdout, pid } = child;
  if (stdin === null || stdout === null || pid === undefined) throw new Error(`${script} could not be started`);
  stdin.on('error', () => {});
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const exited = once(child, 'exit');
  return {
    pid,
    ask: async (line) => {
      stdin.write(`${line}\n`);
      const { value, done } = await lines.next();
      return done === true ? undefined : value;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    end: async () => {
      stdin.end();
      await exited;
    },
  };
}
