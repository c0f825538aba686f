/**
 * How a failure looks to a client: code, message and next step. What was not foreseen is logged with its stack and
 * shown as `internal` with a short id, so that no inside leaks out.
 */
import { type ErrorCode, MemoryMcpError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { visibleText } from '../core/text/visible-text.ts';

export interface ErrorReply {
  readonly code: ErrorCode;
  readonly text: string;
  readonly structured: { error: { code: ErrorCode; message: string; hint?: string | undefined } };
}

/** In UTF-16 units: a reply of MCP holds both twice, and stays below 10 KB with three bytes a unit. */
const messageLimit = 900;
const hintLimit = 600;

export function describeError(error: unknown, logger: Logger): ErrorReply {
  const { code, message, hint } = foreseen(error, logger);
  const shown = {
    code,
    message: shortened(message, messageLimit),
    ...(hint !== undefined && { hint: shortened(hint, hintLimit) }),
  };
  return {
    code,
    text: [`${shown.code}: ${shown.message}`, shown.hint].filter(Boolean).join('\n'),
    structured: { error: shown },
  };
}

function foreseen(error: unknown, logger: Logger): { code: ErrorCode; message: string; hint: string | undefined } {
  if (error instanceof MemoryMcpError && error.code !== 'internal') return error;
  const id = Math.random().toString(16).slice(2, 10);
  const stack = error instanceof Error ? error.stack : String(error);
  const cause = error instanceof Error && error.cause !== undefined ? String(error.cause) : undefined;
  logger.error(`unexpected error ${id}`, { stack, cause });
  return {
    code: 'internal',
    message: `Something unexpected went wrong (error ${id})`,
    hint: `The details are in the server's log under ${id}; nothing that was acknowledged is lost.`,
  };
}

/** The visible form of the beginning. Cut before as well as after, since making megabytes visible takes seconds. */
function shortened(text: string, limit: number): string {
  return cut(visibleText(cut(text, limit)), limit);
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
