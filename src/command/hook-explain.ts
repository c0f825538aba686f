/** `hook --explain`: what a prompt would get from the memory, and why not more, for a person to read. */
import { type ConfigurationFlags, loadConfiguration } from '../config/load.ts';
import { systemClock } from '../core/clock.ts';
import { type ChosenMemory, chooseMemories } from '../hook/answer.ts';
import { type HookScope, openHookScope } from '../hook/hook-scope.ts';
import { cutText } from '../reply/reply-text.ts';

const explained = 10;
const shownCharacters = 100;

export async function explainHook(
  prompt: string,
  { persona, config }: Pick<ConfigurationFlags, 'persona' | 'config'>,
): Promise<string> {
  const loaded = await loadConfiguration({ flags: { persona, config }, absolutePathsOnly: true });
  const scope = await openHookScope(loaded, { directory: process.cwd(), clock: systemClock });
  try {
    const chosen = scope.workspace.store.read(() => chooseMemories(scope, prompt, undefined));
    return [summary(scope, chosen), ...chosen.slice(0, explained).map((entry) => describe(entry, scope))].join('\n');
  } finally {
    await scope.workspace.store.close();
  }
}

function summary({ persona, project, settings }: HookScope, chosen: readonly ChosenMemory[]): string {
  const shown = chosen.filter((entry) => entry.shown).length;
  const first = project === undefined ? '' : `, ${project.tag} first`;
  return `Persona "${persona}"${first}: this prompt gets ${shown} of at most ${settings.hooks.prompt_memories}.`;
}

function describe(entry: ChosenMemory, { settings }: HookScope): string {
  const { memory, coverage, limit, terms, ofProject } = entry;
  const share = (value: number) => `${Math.round(100 * value)} %`;
  return [
    `${entry.shown ? '+' : '-'} ${memory.key}: ${reason(entry, settings.hooks.prompt_memories)}`,
    `    covers ${share(coverage)}, needs ${share(limit)}; in common: ${terms.slice(0, 12).join(' ')}${ofProject ? '; of this project' : ''}`,
    `    ${cutText(memory.content.replace(/\s+/g, ' '), shownCharacters)}`,
  ].join('\n');
}

function reason({ shown, relevant, coverage, limit }: ChosenMemory, most: number): string {
  if (shown) return 'shown';
  if (relevant) return `left out, because at most ${most} are shown`;
  return coverage < limit ? 'left out, too little in common' : 'left out, too few words in common';
}
