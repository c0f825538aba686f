/**
 * `call`: runs one operation from the shell, with the same validation and result as for any client.
 */
import { readFileSync } from 'node:fs';
import { openApp } from '../app.ts';
import { loadConfiguration } from '../config/load.ts';
import { MemoryMcpError, reasonOf } from '../core/errors.ts';
import { createLogger } from '../core/logger.ts';
import { operations } from '../operation/index.ts';
import { invoke } from '../operation/operation.ts';
import { printJson, printNotice } from './output.ts';

export interface CallFlags {
  readonly persona?: string | undefined;
  readonly config?: string | undefined;
}

/** `argumentsText` is a JSON object, or "-" to read one from standard input. Without it there are no arguments. */
export async function call(name: string, argumentsText: string | undefined, flags: CallFlags): Promise<void> {
  const operation = operations.find((candidate) => candidate.name === name);
  if (operation === undefined) {
    throw new MemoryMcpError('invalid_input', `call: there is no operation "${name}"`, {
      hint: `Available operations: ${operations.map((candidate) => candidate.name).join(', ')}.`,
    });
  }
  const input = parseArguments(argumentsText === '-' ? readFileSync(0, 'utf8') : (argumentsText ?? '{}'));
  const loaded = await loadConfiguration({ flags });
  const logger = createLogger({ level: () => loaded.configuration.log_level, write: printNotice });
  for (const warning of loaded.warnings) logger.warn(warning);
  const app = openApp({ loaded, logger, kind: 'command' });
  try {
    printJson(
      await invoke(operation, input, app.scopeFor(loaded.configuration.persona, { source: 'cli', readOnly: false })),
    );
  } finally {
    await app.close();
  }
}

function parseArguments(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MemoryMcpError('invalid_input', `call: the arguments are not valid JSON (${reasonOf(cause)})`, {
      hint: `For example: memory-mcp call memory_search '{"query": "tea"}'`,
      cause,
    });
  }
}
