/**
 * `hook`: answers an event of an assistant's program with what the memory holds for it. Reads the event as JSON from
 * standard input and prints the JSON that the program takes. It must never be in the way: whatever fails, it says so on
 * standard error, prints nothing and ends with 0, and it ends in time.
 */

import { isAbsolute } from 'node:path';
import { loadConfiguration } from '../config/load.ts';
import { systemClock } from '../core/clock.ts';
import { MemoryMcpError, reasonOf } from '../core/errors.ts';
import { isJson } from '../core/text/is-json.ts';
import { secondLength } from '../core/time/durations.ts';
import { withinTime } from '../core/time/within-time.ts';
import { answerHook } from '../hook/answer.ts';
import { harnesses, hookEvents, isHarness, isHookEvent, parseHookInput, replyFor } from '../hook/harness.ts';
import { openHookScope } from '../hook/hook-scope.ts';
import { printData, printNotice, writeOut } from './output.ts';

export interface HookFlags {
  readonly client?: string | undefined;
  readonly persona?: string | undefined;
  readonly config?: string | undefined;
  readonly explain?: string | undefined;
}

/** From the start of the process, in milliseconds. */
const deadline = 1_500;
/** A program that does not close the input has sent the whole JSON by then. */
const inputPatience = 700;
/** A pasted file is part of a prompt; more than that is a mistake. */
const inputLimit = 8 * 1024 * 1024;

export async function hook(eventName: string | undefined, flags: HookFlags): Promise<void> {
  if (flags.explain !== undefined) {
    const { explainHook } = await import('./hook-explain.ts');
    return printData(await explainHook(flags.explain, flags));
  }
  // Nobody may be reading any more, which is no failure of a hook.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => {});
  const left = () => Math.max(0, deadline - performance.now());
  let done = false;
  const answered = answer(eventName, flags)
    .catch((error: unknown) => {
      if (!hasNoMemoriesYet(error)) printNotice(`memory-mcp hook: ${reasonOf(error)}`);
    })
    .finally(() => {
      done = true;
    });
  const reply = await withinTime(answered, left());
  if (!done) printNotice(`memory-mcp hook: given up after ${deadline / secondLength} s`);
  if (reply !== undefined) await withinTime(writeOut(JSON.stringify(reply)), left());
}

async function answer(eventName = '', { client = 'claude-code', persona, config }: HookFlags): Promise<unknown> {
  if (!isHookEvent(eventName)) throw unknownName('event', eventName, hookEvents);
  if (!isHarness(client)) throw unknownName('client', client, Object.keys(harnesses));
  const json: unknown = JSON.parse(await readInput());
  const input = parseHookInput(json);
  const { directory } = input;
  const loaded = await loadConfiguration({ flags: { persona, config }, absolutePathsOnly: true });
  const scope = await openHookScope(loaded, {
    directory: directory !== undefined && isAbsolute(directory) ? directory : undefined,
    clock: systemClock,
  });
  try {
    const text = await answerHook(scope, {
      event: eventName,
      harness: client,
      input,
      notesFolder: loaded.paths.hookNotes,
    });
    return text === undefined ? undefined : replyFor(client, eventName, text);
  } finally {
    await scope.workspace.store.close();
  }
}

/** Is no fault: Gemini CLI would show a new user a message at every event of the first session. */
function hasNoMemoriesYet(error: unknown): boolean {
  return error instanceof MemoryMcpError && error.code === 'not_found';
}

function unknownName(kind: string, name: string, known: readonly string[]): MemoryMcpError {
  return new MemoryMcpError('invalid_input', `there is no ${kind} "${name}"; there are ${known.join(', ')}`);
}

/** Resolves at the end of the input, or as soon as it is a whole JSON object. */
async function readInput(): Promise<string> {
  const { stdin } = process;
  if (stdin.isTTY === true) throw new MemoryMcpError('invalid_input', 'an event is read from standard input, as JSON');
  const parts: Buffer[] = [];
  let size = 0;
  const reading = new Promise<string>((resolve, reject) => {
    const text = () => Buffer.concat(parts).toString();
    stdin.on('data', (part: Buffer) => {
      parts.push(part);
      size += part.length;
      if (size > inputLimit) reject(new MemoryMcpError('invalid_input', 'the input is longer than 8 MB'));
      else if (/\}\s*$/.test(part.toString('latin1')) && isJson(text())) resolve(text());
    });
    stdin.on('end', () => resolve(text()));
    stdin.on('error', reject);
  });
  const read = await withinTime(reading, inputPatience);
  stdin.pause();
  if (read === undefined) throw new MemoryMcpError('invalid_input', 'the input did not end');
  return read;
}
