/**
 * Conceals the server's folders in error messages to HTTP clients, who may not be users of this machine. The full message
 * is logged. Memory text is never changed.
 */
import { realpathSync } from 'node:fs';
import { MemoryMcpError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { OpenScope } from '../../operation/operation.ts';

/** Folders by the name that replaces them in a message. */
export type ServerFolders = Readonly<Record<string, string>>;

export type Conceal = (text: string) => string;

export function createConceal(folders: ServerFolders): Conceal {
  const names = new Map<string, string>();
  for (const [name, folder] of Object.entries(folders)) {
    // If several names have the same folder, the first one wins.
    for (const path of [folder, resolveLinks(folder)])
      if (path.length > 1 && !names.has(path)) names.set(path, `[${name}]`);
  }
  if (names.size === 0) return (text) => text;
  const longestFirst = [...names.keys()].sort((one, other) => other.length - one.length);
  const alternatives = longestFirst.map((path) => path.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
  const pattern = new RegExp(`(?:${alternatives})(?![\\p{L}\\p{N}_-])`, 'gu');
  return (text) => text.replace(pattern, (path) => names.get(path) ?? '');
}

/** Wraps `openScope`: conceals the folders in its errors, and in the parts of results that quote errors. */
export function concealInScope(openScope: OpenScope, conceal: Conceal, logger: Logger): OpenScope {
  return async (effect, work) => {
    try {
      return concealInResult(await openScope(effect, work), conceal, logger);
    } catch (error) {
      throw concealInError(error, conceal, logger);
    }
  };
}

function concealInError(error: unknown, conceal: Conceal, logger: Logger): unknown {
  // Internal errors are logged elsewhere, and clients never see their message.
  if (!(error instanceof MemoryMcpError) || error.code === 'internal') return error;
  const message = conceal(error.message);
  const hint = error.hint === undefined ? undefined : conceal(error.hint);
  if (message === error.message && hint === error.hint) return error;
  logger.warn(error.message, { hint: error.hint });
  return new MemoryMcpError(error.code, message, { hint, cause: error });
}

/** The properties of results that quote errors. */
const reasonNames = new Set(['degraded_reason', 'vector', 'unavailable', 'detail']);

function concealInResult<Value>(value: Value, conceal: Conceal, logger: Logger): Value {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const changed: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(value)) {
    const concealed = concealInProperty(name, property, conceal, logger);
    if (concealed !== property) changed[name] = concealed;
  }
  return Object.keys(changed).length === 0 ? value : { ...value, ...changed };
}

function concealInProperty(name: string, property: unknown, conceal: Conceal, logger: Logger): unknown {
  // Nested objects that quote errors: `recall` in get_context and `meaning` in recall_explain.
  if (name === 'recall' || name === 'meaning') return concealInResult(property, conceal, logger);
  if (typeof property !== 'string' || !reasonNames.has(name)) return property;
  const concealed = conceal(property);
  if (concealed !== property) logger.warn(property);
  return concealed;
}

function resolveLinks(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    // It does not exist, so no error can contain its target.
    return folder;
  }
}
