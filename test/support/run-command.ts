/** One run of the built program from start to end, for commands and for starts that are refused. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { binary, makeSurroundings, repositoryRoot, type SurroundingsOptions } from './surroundings.ts';

export interface CommandResult {
  readonly out: string;
  readonly err: string;
  /** `null` where a signal ended it: it had not ended by itself after `limit`. */
  readonly code: number | null;
}

export interface CommandOptions extends SurroundingsOptions {
  /** Milliseconds after which the program counts as hanging and is killed. */
  readonly limit?: number;
}

export async function runCommand(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { env, remove } = makeSurroundings(options);
  onTestFinished(remove);
  const child = spawn(process.execPath, [binary, ...args], {
    cwd: repositoryRoot,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.limit ?? 30_000,
    killSignal: 'SIGKILL',
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { out, err, code };
}
