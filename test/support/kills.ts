/** Runs of the built program that are killed at moments spread over the time of a whole run, however busy the machine is. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished } from 'vitest';
import { runCommand } from './run-command.ts';
import { binary, makeSurroundings, repositoryRoot } from './surroundings.ts';

const asked = process.env.MEMORY_MCP_TEST_KILLS;

/** How many runs a test kills: MEMORY_MCP_TEST_KILLS, for example 50, or `usual`. Also how long that may take. */
export function killsOf(usual: number): { readonly kills: number; readonly timeout: number } {
  const kills = Number(asked ?? usual);
  return { kills, timeout: 60_000 + kills * 5_000 };
}

export interface KilledRuns {
  readonly dataDir: string;
  readonly kills: number;
  /** A run that must succeed, for its time. */
  readonly whole: readonly string[];
  /** The command of a round, after what it needs was prepared. */
  readonly command: (round: number) => readonly string[] | Promise<readonly string[]>;
  /** What must be true after each round. */
  readonly check: (round: number) => Promise<void> | void;
}

/** Kills one run after the other with SIGKILL, from when it has just started to when it should have ended. */
export async function killRuns({ dataDir, kills, whole, command, check }: KilledRuns): Promise<void> {
  const began = performance.now();
  const { code, err } = await runCommand(whole, { dataDir });
  expect({ code, err }).toMatchObject({ code: 0 });
  const wholeMilliseconds = performance.now() - began;
  const { env, remove } = makeSurroundings({ dataDir });
  onTestFinished(remove);
  let interrupted = 0;
  for (let round = 0; round < kills; round++) {
    const args = await command(round);
    const child = spawn(process.execPath, [binary, ...args], {
      cwd: repositoryRoot,
      env,
      stdio: 'ignore',
      // Before that, the program itself is being loaded.
      timeout: Math.ceil(wholeMilliseconds * (0.3 + (0.8 * round) / kills)),
      killSignal: 'SIGKILL',
    });
    const [, signal] = await once(child, 'close');
    if (signal !== null) interrupted += 1;
    await check(round);
  }
  if (asked !== undefined) process.stderr.write(`${interrupted} of ${kills} runs of ${whole[0]} were interrupted\n`);
  expect(interrupted).toBeGreaterThan(0);
}
