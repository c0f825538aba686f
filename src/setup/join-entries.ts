/**
 * Joins a new entry of this server with the one that a configuration has: what the user has added to it stays, such as
 * a persona, a variable or a permission. An entry of another program is replaced as a whole.
 */
import * as z from 'zod';

export type ServerEntry = Readonly<Record<string, unknown>>;

const record = z.record(z.string(), z.unknown());

export function joinEntries(present: unknown, ours: ServerEntry): ServerEntry {
  const parsed = record.safeParse(present);
  if (!parsed.success || !runsThisServer(parsed.data)) return ours;
  const joined = Object.entries(ours).map(([name, value]) => [name, joinMembers(parsed.data[name], value)] as const);
  return { ...parsed.data, ...Object.fromEntries(joined) };
}

/** Wherever it was installed then. */
function runsThisServer(entry: ServerEntry): boolean {
  return wordsOf(entry.command)
    .concat(wordsOf(entry.args))
    .some((word) => /memory-mcp(\.js)?$/.test(word));
}

function joinMembers(present: unknown, ours: unknown): unknown {
  if (Array.isArray(ours)) return [...ours, ...addedArguments(wordsOf(present))];
  const [theirs, own] = [record.safeParse(present), record.safeParse(ours)];
  return theirs.success && own.success ? { ...theirs.data, ...own.data } : ours;
}

/** Of the flags of `serve`, all but `--stdio` are the user's. */
function addedArguments(words: readonly string[]): string[] {
  const start = words.indexOf('serve');
  return start < 0 ? [] : words.slice(start + 1).filter((word) => word !== '--stdio');
}

function wordsOf(value: unknown): string[] {
  return [value].flat().filter((word) => typeof word === 'string');
}
