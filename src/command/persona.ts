/** `persona list | show | rename | copy | delete`: the personas of the data folder. */
import { createInterface } from 'node:readline/promises';
import manifest from '../../package.json' with { type: 'json' };
import { openPersonaCollections } from '../app.ts';
import { type LoadedConfiguration, loadConfiguration } from '../config/load.ts';
import { systemClock } from '../core/clock.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { countedMemories } from '../core/text/counted.ts';
import { copyPersona } from '../personas/copy-persona.ts';
import { deletePersona } from '../personas/delete-persona.ts';
import { listPersonas, type PersonaSummary, summarizePersona } from '../personas/list-personas.ts';
import type { CollectionOutcome } from '../personas/remove-collection.ts';
import { renamePersona } from '../personas/rename-persona.ts';
import { requirePersona } from '../personas/require-persona.ts';
import { isTerminal, printData, printJson, printNotice } from './output.ts';

interface PersonaFlags {
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

export interface DeleteFlags extends PersonaFlags {
  /** The name once more. */
  readonly yes?: string | undefined;
  readonly backup?: boolean | undefined;
}

export async function printPersonas(flags: PersonaFlags): Promise<void> {
  const { paths } = await load(flags);
  const personas = await listPersonas(paths);
  if (flags.json) return printJson({ personas });
  if (personas.length === 0) return printData(`There is no persona in ${paths.memory} yet.`);
  printData(personas.map(describe).join('\n'));
}

export async function showPersona(name: string, flags: PersonaFlags): Promise<void> {
  const { paths } = await load(flags);
  const summary = await summarizePersona(paths, requirePersona(paths, name));
  if (flags.json) return printJson(summary);
  const { oldest, newest, deleted, pinned } = summary;
  const more = [
    ...(deleted ? [`${deleted} deleted`] : []),
    ...(pinned ? [`${pinned} pinned`] : []),
    ...(oldest === undefined || newest === undefined ? [] : [`stored from ${oldest} to ${newest}`]),
  ];
  printData([describe(summary), ...more].join('\n'));
}

export async function changeName(from: string, to: string, flags: PersonaFlags): Promise<void> {
  const loaded = await load(flags);
  const receipt = await renamePersona(loaded.paths, { from, to }, openPersonaCollections(loaded));
  const mentions = settingsThatName(loaded, receipt.from);
  if (flags.json) return printJson({ ...receipt, still_named_in: mentions });
  printData(`${receipt.from} is now called ${receipt.to}`);
  reportCollection(receipt.collection);
  reportMentions(mentions, receipt.from);
}

export async function copyTo(from: string, to: string, flags: PersonaFlags): Promise<void> {
  const { paths } = await load(flags);
  const receipt = await copyPersona(paths, { from, to });
  if (flags.json) return printJson(receipt);
  printData(`${receipt.to}: ${countedMemories(receipt.memories)} copied from ${receipt.from}`);
}

export async function remove(name: string, flags: DeleteFlags): Promise<void> {
  const loaded = await load(flags);
  const folder = requirePersona(loaded.paths, name);
  await confirm(folder, flags);
  const receipt = await deletePersona(loaded.paths, {
    name: folder,
    backup: flags.backup !== false,
    version: manifest.version,
    now: systemClock.now,
    openCollection: openPersonaCollections(loaded),
  });
  const mentions = settingsThatName(loaded, folder);
  if (flags.json) return printJson({ ...receipt, still_named_in: mentions });
  const kept = receipt.archive === undefined ? 'without a backup' : `it is in ${receipt.archive}`;
  printData(`${receipt.deleted} is deleted; ${kept}`);
  reportCollection(receipt.collection);
  reportMentions(mentions, folder);
}

async function load({ config }: PersonaFlags): Promise<LoadedConfiguration> {
  const loaded = await loadConfiguration({ flags: { config } });
  for (const warning of loaded.warnings) printNotice(warning);
  return loaded;
}

function describe({ name, memories, bytes, last_used, problem }: PersonaSummary): string {
  if (problem !== undefined) return `${name}: ${problem}`;
  const used = last_used === undefined ? 'never used' : `last used ${last_used}`;
  return `${name}: ${countedMemories(memories ?? 0)}, ${(bytes / 1_000_000).toFixed(1)} MB, ${used}`;
}

/** Deleting asks for the name again, at the terminal or with --yes. */
async function confirm(folder: string, { yes }: DeleteFlags): Promise<void> {
  const typed = yes ?? (isTerminal() && process.stdin.isTTY ? await ask(folder) : undefined);
  if (typed?.normalize('NFC') === folder.normalize('NFC')) return;
  throw new MemoryMcpError('invalid_input', `Deleting "${folder}" needs its name once more; nothing was deleted`, {
    hint: `memory-mcp persona delete ${folder} --yes ${folder}`,
  });
}

async function ask(folder: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(`This deletes every memory of "${folder}". Type its name to go on: `);
  } finally {
    terminal.close();
  }
}

/** The settings that name a persona. They are the user's own, so they are not changed here. */
function settingsThatName({ configuration, sources }: LoadedConfiguration, persona: string): string[] {
  const { auth_tokens: tokens, persona: served } = configuration;
  const inTokens = tokens.some(({ personas }) => personas !== '*' && personas.includes(persona));
  return [
    ...(inTokens ? [`auth_tokens (${sources.auth_tokens?.name ?? 'default'})`] : []),
    ...(served === persona && sources.persona?.from !== 'default' ? [`persona (${sources.persona?.name ?? ''})`] : []),
  ];
}

function reportCollection(outcome: CollectionOutcome | undefined): void {
  if (outcome === undefined || outcome.state === 'absent') return;
  const { collection, state, reason } = outcome;
  if (state === 'removed') printData(`${collection} is removed`);
  else printNotice(`${collection} is still there: ${reason}. Delete it yourself if it is not needed.`);
}

function reportMentions(mentions: readonly string[], persona: string): void {
  if (mentions.length > 0) printNotice(`Still named "${persona}" in: ${mentions.join(', ')}. Clients may name it too.`);
}
