/** `hook --explain`: what a prompt would get from the memory, and why not more, for a person to read. */
import { type ConfigurationFlags, loadConfiguration } from '../config/load.ts';
import { systemClock } from '../core/clock.ts';
import { type Choice, type ChosenMemory, chooseMemories } from '../hook/answer.ts';
import { type HookScope, openHookScope } from '../hook/hook-scope.ts';
import { cutText } from '../reply/reply-text.ts';

/** A person waits longer than a prompt does, in milliseconds. */
const patience = 2_000;
const explained = 10;
const shownCharacters = 100;

export async function explainHook(
  prompt: string,
  { persona, config }: Pick<ConfigurationFlags, 'persona' | 'config'>,
): Promise<string> {
  const loaded = await loadConfiguration({ flags: { persona, config }, absolutePathsOnly: true });
  const scope = await openHookScope(loaded, { directory: process.cwd(), clock: systemClock });
  try {
    const choice = await chooseMemories(scope, prompt, {
      kind: 'prompt',
      transcript: undefined,
      end: performance.now() + patience,
    });
    const entries = choice.memories.slice(0, explained).map((entry) => describe(entry, scope));
    return [...summary(scope, choice), ...entries].join('\n');
  } finally {
    await scope.workspace.store.close();
  }
}

function summary({ persona, project, settings }: HookScope, { memories, withoutMeaning }: Choice): string[] {
  const shown = memories.filter((entry) => entry.shown).length;
  const first = project === undefined ? '' : `, ${project.tag} first`;
  return [
    `Persona "${persona}"${first}: this prompt gets ${shown} of at most ${settings.hooks.prompt_memories}.`,
    withoutMeaning === undefined ? 'By words and meaning.' : `By words alone: ${withoutMeaning}.`,
  ];
}

function describe(entry: ChosenMemory, { settings }: HookScope): string {
  const { memory, ofProject } = entry;
  return [
    `${entry.shown ? '+' : '-'} ${memory.key}: ${reason(entry, settings.hooks.prompt_memories)}${ofProject ? ', of this project' : ''}`,
    ...evidence(entry).map((line) => `    ${line}`),
    `    ${cutText(memory.content.replace(/\s+/g, ' '), shownCharacters)}`,
  ].join('\n');
}

function evidence({ words, meaning }: ChosenMemory): string[] {
  const share = (value: number) => `${Math.round(100 * value)} %`;
  return [
    ...(words === undefined
      ? []
      : [
          `covers ${share(words.coverage)}, needs ${share(words.limit)}; in common: ${words.terms.slice(0, 12).join(' ')}`,
        ]),
    ...(meaning === undefined ? [] : [`nearness ${meaning.nearness.toFixed(2)}, needs ${meaning.limit.toFixed(2)}`]),
  ];
}

function reason({ shown, relevant, words }: ChosenMemory, most: number): string {
  if (shown) return 'shown';
  if (relevant) return `left out, because at most ${most} are shown`;
  const covered = words !== undefined && words.coverage >= words.limit;
  return covered ? 'left out, too few words in common' : 'left out, too little in common';
}
