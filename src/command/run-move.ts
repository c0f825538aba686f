/** Moves one persona of the original system in a process of its own, and reads what that process reports. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { type ErrorCode, errorOutcomes, MemoryMcpError } from '../core/errors.ts';
import { findStartCommand } from '../setup/start-command.ts';

export interface MoveRun {
  /** Its name or its former name; undefined only ends what a killed process began. */
  readonly persona: string | undefined;
  readonly config: string | undefined;
  /** Kills the process. The next run takes back or completes what it began. */
  readonly signal: AbortSignal;
}

const report = z.object({
  personas: z.array(
    z.object({ persona: z.string(), memories: z.number(), damaged_count: z.number(), archive: z.string().optional() }),
  ),
  failed: z.array(
    z.object({ error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }) }),
  ),
});

export type MovedPersona = z.infer<typeof report>['personas'][number];

/** Throws what the process failed with. */
export async function runMove({ persona, config, signal }: MoveRun): Promise<readonly MovedPersona[]> {
  const { command, args } = findStartCommand();
  const child = spawn(
    command,
    [
      ...args,
      ...['migrate', 'from-original', '--apply', '--backup', '--json'],
      ...(persona === undefined ? [] : [`--persona=${persona}`]),
      ...(config === undefined ? [] : [`--config=${config}`]),
    ],
    { stdio: ['ignore', 'pipe', 'ignore'], windowsHide: true },
  );
  const kill = () => child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  try {
    const [output, [code, killedBy]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    return readReport(output, killedBy === null ? `with exit code ${code}` : `by signal ${killedBy}`);
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

function readReport(output: string, ending: string): readonly MovedPersona[] {
  const { personas, failed } = parseReport(output, ending);
  const [failure] = failed;
  if (failure === undefined) return personas;
  const { code, message, hint } = failure.error;
  throw new MemoryMcpError(isErrorCode(code) ? code : 'internal', message, { hint });
}

function parseReport(output: string, ending: string): z.infer<typeof report> {
  let found: unknown;
  try {
    found = JSON.parse(output);
  } catch (cause) {
    throw new MemoryMcpError('internal', `the process that moved it ended ${ending}`, {
      hint: 'Nothing is lost. Restart the server to try again.',
      cause,
    });
  }
  // A failure of the command as a whole has another form.
  const whole = z.object({ error: report.shape.failed.element.shape.error }).safeParse(found);
  return whole.success ? { personas: [], failed: [whole.data] } : report.parse(found);
}

function isErrorCode(code: string): code is ErrorCode {
  return code in errorOutcomes;
}
