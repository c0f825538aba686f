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
  /** What the program reads from standard input. */
  readonly input?: string;
  /** Standard input stays open after `input`. */
  readonly keepInputOpen?: boolean;
  readonly directory?: string;
  /** The launcher of another installation than this repository's. */
  readonly program?: string;
}

export async function runCommand(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { env, remove } = makeSurroundings(options);
  onTestFinished(remove);
  const { input, keepInputOpen = false, directory = repositoryRoot, program = binary } = options;
  const child = spawn(process.execPath, [program, ...args], {
    cwd: directory,
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.limit ?? 30_000,
    killSignal: 'SIGKILL',
  });
  // A program that ends without reading its input is no failure.
  child.stdin.on('error', () => {});
  if (input !== undefined) child.stdin.write(input);
  if (!keepInputOpen) child.stdin.end();
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { out, err, code };
}
