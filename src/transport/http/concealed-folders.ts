/**
 * Keeps the server's own folders out of what clients over HTTP are told: those may be strangers to the machine. The
 * whole message goes to the log, where its owner finds it. Texts of memories are never changed.
 */
import { realpathSync } from 'node:fs';
import { MemoryMcpError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { OpenScope } from '../../operation/operation.ts';

/** Folders by what a message calls them instead. */
export type ServerFolders = Readonly<Record<string, string>>;

export type Conceal = (text: string) => string;

export function createConceal(folders: ServerFolders): Conceal {
  const names = new Map<string, string>();
  for (const [name, folder] of Object.entries(folders)) {
    // Where one folder has several names, the first is the one that says most.
    for (const path of [folder, resolved(folder)])
      if (path.length > 1 && !names.has(path)) names.set(path, `[${name}]`);
  }
  if (names.size === 0) return (text) => text;
  const longestFirst = [...names.keys()].sort((one, other) => other.length - one.length);
  const alternatives = longestFirst.map((path) => path.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
  const pattern = new RegExp(`(?:${alternatives})(?![\\p{L}\\p{N}_-])`, 'gu');
  return (text) => text.replace(pattern, (path) => names.get(path) ?? '');
}

/** What `openScope` opens; its errors, and its reasons for a worse answer, name none of the folders. */
export function concealingScope(openScope: OpenScope, conceal: Conceal, logger: Logger): OpenScope {
  return async (effect, work) => {
    try {
      return withoutFolders(await openScope(effect, work), conceal, logger);
    } catch (error) {
      throw errorWithoutFolders(error, conceal, logger);
    }
  };
}

function errorWithoutFolders(error: unknown, conceal: Conceal, logger: Logger): unknown {
  // What is internal is logged and described without its message anyway.
  if (!(error instanceof MemoryMcpError) || error.code === 'internal') return error;
  const message = conceal(error.message);
  const hint = error.hint === undefined ? undefined : conceal(error.hint);
  if (message === error.message && hint === error.hint) return error;
  logger.warn(error.message, { hint: error.hint });
  return new MemoryMcpError(error.code, message, { hint, cause: error });
}

/** The members of results that quote errors. */
const reasonNames = new Set(['degraded_reason', 'vector', 'unavailable', 'detail']);

function withoutFolders<Value>(value: Value, conceal: Conceal, logger: Logger): Value {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const changed: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const shown = shownMember(name, member, conceal, logger);
    if (shown !== member) changed[name] = shown;
  }
  return Object.keys(changed).length === 0 ? value : { ...value, ...changed };
}

function shownMember(name: string, member: unknown, conceal: Conceal, logger: Logger): unknown {
  // One level deeper: the state of the model in get_context, and what recall_explain knows about the meaning.
  if (name === 'recall' || name === 'meaning') return withoutFolders(member, conceal, logger);
  if (typeof member !== 'string' || !reasonNames.has(name)) return member;
  const shown = conceal(member);
  if (shown !== member) logger.warn(member);
  return shown;
}

function resolved(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    // It does not exist, so no error can name its target.
    return folder;
  }
}
