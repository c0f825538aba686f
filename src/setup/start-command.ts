/** How a client starts this program: with this very node and this very file, since it does not see the PATH of a shell. */
import { existsSync, realpathSync } from 'node:fs';
import type { StartCommand } from './client-table.ts';

/** `program` is the started file. */
export function findStartCommand(program = process.argv[1] ?? ''): StartCommand {
  return { command: process.execPath, args: [existsSync(program) ? realpathSync(program) : program] };
}

/** Whether the program lies where npx keeps what it has fetched for one run. */
export function isInNpxCache({ args }: StartCommand): boolean {
  return args.some((path) => /[\\/]_npx[\\/]/.test(path));
}
