/**
 * Describes an error to a client: code, message and hint. An unexpected error is logged with its stack. The client sees
 * only `internal` and a short id, which keeps internals private.
 */
import { type ErrorCode, MemoryMcpError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { visibleText } from '../core/text/visible-text.ts';

export interface ErrorReply {
  readonly code: ErrorCode;
  readonly text: string;
  readonly structured: { error: { code: ErrorCode; message: string; hint?: string | undefined } };
}

/** In UTF-16 units. An MCP reply contains both texts twice, and stays below 10 KB even at three bytes per unit. */
const messageLimit = 900;
const hintLimit = 600;

export function describeError(error: unknown, logger: Logger): ErrorReply {
  const { code, message, hint } = hideUnexpected(error, logger);
  const reply = {
    code,
    message: shorten(message, messageLimit),
    ...(hint !== undefined && { hint: shorten(hint, hintLimit) }),
  };
  return {
    code,
    text: [`${reply.code}: ${reply.message}`, reply.hint].filter(Boolean).join('\n'),
    structured: { error: reply },
  };
}

/** Logs an unexpected error and replaces its message with an id. */
function hideUnexpected(
  error: unknown,
  logger: Logger,
): { code: ErrorCode; message: string; hint: string | undefined } {
  if (error instanceof MemoryMcpError && error.code !== 'internal') return error;
  const id = Math.random().toString(16).slice(2, 10);
  const stack = error instanceof Error ? error.stack : String(error);
  const cause = error instanceof Error && error.cause !== undefined ? String(error.cause) : undefined;
  logger.error(`unexpected error ${id}`, { stack, cause });
  return {
    code: 'internal',
    message: `An unexpected error occurred (error ${id})`,
    hint: `The server's log has the details under ${id}. Nothing that was acknowledged is lost.`,
  };
}

/** Truncates before the conversion as well, because converting megabytes takes seconds. */
function shorten(text: string, limit: number): string {
  return truncate(visibleText(truncate(text, limit)), limit);
}

function truncate(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
