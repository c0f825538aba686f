/**
 * The programs that run hooks: how each names the events, what it sends on standard input, and the JSON that it takes
 * back. All of it is read tolerantly: a field that is missing or of another kind is left out.
 */
import * as z from 'zod';

export const hookEvents = ['session-start', 'prompt', 'tool-failure', 'pre-compact', 'session-end'] as const;
export type HookEvent = (typeof hookEvents)[number];

/** What a hook needs of an input. */
export interface HookInput {
  readonly transcript: string | undefined;
  readonly directory: string | undefined;
  /** The session goes on after a compaction. */
  readonly compacted: boolean;
  readonly prompt: string | undefined;
  /** What failed and how, as text. */
  readonly failure: { readonly command: string; readonly error: string } | undefined;
}

interface Harness {
  /** Its names of the events that it has. */
  readonly events: Readonly<Partial<Record<HookEvent, string>>>;
  /** The reply that puts a text before its model. */
  reply(event: string, text: string): unknown;
}

const additionalContext: Harness['reply'] = (hookEventName, text) => ({
  hookSpecificOutput: { hookEventName, additionalContext: text },
});

export const harnesses = {
  'claude-code': {
    events: {
      'session-start': 'SessionStart',
      prompt: 'UserPromptSubmit',
      'tool-failure': 'PostToolUseFailure',
      'pre-compact': 'PreCompact',
      'session-end': 'SessionEnd',
    },
    reply: additionalContext,
  },
  // It has no event for failures alone.
  codex: {
    events: {
      'session-start': 'SessionStart',
      prompt: 'UserPromptSubmit',
      'pre-compact': 'PreCompact',
      'session-end': 'SessionEnd',
    },
    reply: additionalContext,
  },
  'gemini-cli': {
    events: {
      'session-start': 'SessionStart',
      prompt: 'BeforeAgent',
      'pre-compact': 'PreCompress',
      'session-end': 'SessionEnd',
    },
    reply: additionalContext,
  },
  // Its event for prompts can refuse them, but not add to them.
  cursor: {
    events: { 'session-start': 'sessionStart', 'pre-compact': 'preCompact', 'session-end': 'sessionEnd' },
    reply: (_, text) => ({ additional_context: text }),
  },
} as const satisfies Record<string, Harness>;

export type HarnessName = keyof typeof harnesses;

export function isHarness(name: string): name is HarnessName {
  return Object.hasOwn(harnesses, name);
}

export function isHookEvent(name: string): name is HookEvent {
  return (hookEvents as readonly string[]).includes(name);
}

/** What the harness is told; undefined if the event cannot carry a text. */
export function replyFor(harness: HarnessName, event: HookEvent, text: string): unknown {
  const { events, reply }: Harness = harnesses[harness];
  const name = events[event];
  return name === undefined ? undefined : reply(name, text);
}

const text = z.string().optional().catch(undefined);

const inputSchema = z.object({
  transcript_path: text,
  cwd: text,
  // Cursor names the folders of its window instead.
  workspace_roots: z.array(z.string()).optional().catch(undefined),
  source: text,
  prompt: text,
  error: text,
  tool_input: z.object({ command: text }).optional().catch(undefined),
});

/** Throws for anything that is not a JSON object. */
export function parseHookInput(json: unknown): HookInput {
  const { transcript_path, cwd, workspace_roots, source, prompt, error, tool_input } = inputSchema.parse(json);
  return {
    transcript: transcript_path,
    directory: cwd ?? workspace_roots?.[0],
    compacted: source === 'compact',
    prompt,
    failure: error === undefined ? undefined : { command: tool_input?.command ?? '', error },
  };
}
