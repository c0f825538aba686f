/**
 * The one error type of the product. Every layer throws it; only `transport/` and `command/` translate it.
 * A message names the thing and what happened to it; the hint names the next step.
 */
export type ErrorCode =
  | 'invalid_input'
  | 'not_found'
  | 'conflict'
  | 'busy'
  | 'unauthorized'
  | 'forbidden'
  | 'model_unavailable'
  | 'backend_unavailable'
  | 'corrupt'
  | 'internal';

/** What each code means at the rim: the HTTP status of the API and the exit code of a command. */
export const errorOutcomes: Readonly<Record<ErrorCode, { httpStatus: number; exitCode: number }>> = {
  invalid_input: { httpStatus: 400, exitCode: 2 },
  not_found: { httpStatus: 404, exitCode: 1 },
  conflict: { httpStatus: 409, exitCode: 3 },
  busy: { httpStatus: 503, exitCode: 1 },
  unauthorized: { httpStatus: 401, exitCode: 3 },
  forbidden: { httpStatus: 403, exitCode: 3 },
  model_unavailable: { httpStatus: 503, exitCode: 1 },
  backend_unavailable: { httpStatus: 503, exitCode: 1 },
  corrupt: { httpStatus: 500, exitCode: 1 },
  internal: { httpStatus: 500, exitCode: 1 },
};

export interface ErrorDetails {
  hint?: string | undefined;
  cause?: unknown;
}

export class MemoryMcpError extends Error {
  override readonly name = 'MemoryMcpError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, { hint, cause }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
  }
}

/** The text of anything that was thrown, for a message that quotes a cause. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The code of a system or SQLite error ("ENOENT", "SQLITE_BUSY"), if it has one. */
export function codeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
