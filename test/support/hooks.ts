/** Hooks as an assistant's program runs them: the event as JSON on standard input, and what comes back. */
import * as z from 'zod';
import { dataPaths, personaPaths } from '../../src/config/paths.ts';
import { makeFolder } from '../../src/files/make-folder.ts';
import { openMemoryStore } from '../../src/store/memory-store.ts';
import type { MemoryDraft } from '../../src/store/memory-table.ts';
import { type CommandOptions, type CommandResult, runCommand } from './run-command.ts';
import { draft } from './stores.ts';

const replySchema = z.strictObject({
  hookSpecificOutput: z.strictObject({ hookEventName: z.string(), additionalContext: z.string() }),
});

export interface HookResult {
  /** The text that the program puts before its model; undefined where the hook printed nothing. */
  readonly text: string | undefined;
  readonly eventName: string | undefined;
  /** The memories in the text, each a line of JSON. */
  readonly keys: readonly string[];
  readonly err: string;
  readonly code: number | null;
}

export async function runHook(
  event: string,
  input: Readonly<Record<string, unknown>> | string,
  options: CommandOptions & { args?: readonly string[] } = {},
): Promise<HookResult> {
  const { args = [] } = options;
  const sent = typeof input === 'string' ? input : JSON.stringify(input);
  const { out, err, code } = await runUntilInTime(['hook', event, ...args], { ...options, input: sent });
  const reply = out === '' ? undefined : replySchema.parse(JSON.parse(out)).hookSpecificOutput;
  const text = reply?.additionalContext;
  const keys = [...(text ?? '').matchAll(/^- \{"key":"([^"]+)"/gm)].flatMap(([, key]) => key ?? []);
  return { text, eventName: reply?.hookEventName, keys, err, code };
}

/** A hook gives up where the machine is too busy for it. What a test says of hooks holds for those that had the time. */
async function runUntilInTime(args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  for (;;) {
    const result = await runCommand(args, options);
    if (!result.err.includes('given up after')) return result;
  }
}

/** Memories in a data folder, written without a server; `key` of each must differ. */
export async function fillDataFolder(dataDir: string, drafts: readonly Partial<MemoryDraft>[]): Promise<string> {
  const { folder, database } = personaPaths(dataPaths(dataDir), 'default');
  makeFolder(folder);
  const store = await openMemoryStore({ path: database, persona: 'default', busyTimeout: 1_000 });
  for (const { content = '', ...changes } of drafts) await store.memories.create(draft(content, changes));
  await store.close();
  return database;
}
