/**
 * `setup`: puts the server, and with `--hooks` the hooks, into a client's configuration. Shows the difference first and
 * writes only with `--apply`.
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { systemClock } from '../core/clock.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { type FileChange, planChange, planUndo, removeBackups, writeChange } from '../setup/change-file.ts';
import { type Client, clientNames, clients, isClientName, type Place, wantedFiles } from '../setup/client-table.ts';
import { editJson } from '../setup/edit-json.ts';
import { editToml } from '../setup/edit-toml.ts';
import { showDifference } from '../setup/show-difference.ts';
import { findStartCommand, isInNpxCache } from '../setup/start-command.ts';
import { printData, printJson, printNotice } from './output.ts';

export interface SetupFlags {
  readonly apply?: boolean | undefined;
  readonly undo?: boolean | undefined;
  readonly print?: boolean | undefined;
  readonly hooks?: boolean | undefined;
  readonly json?: boolean | undefined;
}

export async function setup(name: string | undefined, flags: SetupFlags): Promise<void> {
  const place: Place = { home: homedir(), platform: process.platform };
  if (name === undefined) return listClients(place, flags);
  if (!isClientName(name)) {
    throw new MemoryMcpError('invalid_input', `setup: there is no client "${name}"`, {
      hint: `There are ${clientNames.join(', ')}. Most other MCP clients take the lines of "memory-mcp setup claude-desktop --print" in a file of their own.`,
    });
  }
  const client: Client = clients[name];
  const { apply = false, undo = false, print = false, hooks = false, json = false } = flags;
  if (hooks && client.hooks === undefined) {
    const known = clientNames.filter((each) => 'hooks' in clients[each]).join(', ');
    throw new MemoryMcpError('invalid_input', `setup: ${client.title} has no hooks`, { hint: `These have: ${known}.` });
  }
  // What an earlier `setup --hooks` has written goes with the rest.
  const withHooks = hooks || (undo && client.hooks !== undefined);
  const start = findStartCommand();
  if (!undo && isInNpxCache(start)) {
    throw new MemoryMcpError('conflict', 'setup: npx keeps this program in a cache that may be emptied at any time', {
      hint: 'Install it for good first, for example with "npm install --global", and run setup from there.',
    });
  }
  const files = wantedFiles(name, { start, place, withHooks });
  if (print) {
    for (const { path, format, edits } of files) {
      printNotice(`${path}:`);
      printData(format === 'json' ? editJson('', edits) : editToml('', edits));
    }
    return;
  }
  const changes = files.map(undo ? planUndo : planChange);
  const open = changes.filter(({ before, after }) => before !== after);
  const backups = apply ? await writeAll(open, { undo }) : [];
  if (json) return printJson({ client: name, applied: apply, changes: open.map(({ path }) => path), backups });
  report(open, { undo, apply, backups, client });
}

async function writeAll(changes: readonly FileChange[], { undo }: { undo: boolean }): Promise<string[]> {
  const backups: string[] = [];
  for (const change of changes) {
    const backup = await writeChange(change, systemClock.now());
    if (undo) removeBackups(change.path);
    else if (backup !== undefined) backups.push(backup);
  }
  return backups;
}

function report(
  changes: readonly FileChange[],
  about: { undo: boolean; apply: boolean; backups: readonly string[]; client: Client },
): void {
  const { undo, apply, backups, client } = about;
  if (changes.length === 0) {
    printData(undo ? 'Nothing of memory-mcp is configured there.' : 'It is configured already.');
    return;
  }
  for (const { path, before = '', after } of changes) {
    printData(`${path}${before === '' ? ' (new)' : after === undefined ? ' (removed)' : ''}`);
    for (const line of showDifference(before, after ?? '')) printData(line);
    printData('');
  }
  if (!apply) {
    printNotice('Nothing was written. Add --apply to write this.');
    return;
  }
  for (const backup of backups) printNotice(`What was there is kept in ${backup}`);
  printNotice(undo ? 'Undone.' : `Written. ${client.nextStep}`);
  if (!undo && client.unattended !== undefined) printNotice(client.unattended);
}

function listClients(place: Place, { json = false }: SetupFlags): void {
  const rows = clientNames.map((name) => {
    const path = clients[name].file(place);
    return {
      client: name,
      title: clients[name].title,
      file: path,
      exists: existsSync(path),
      hooks: 'hooks' in clients[name],
    };
  });
  if (json) {
    printJson({ clients: rows });
    return;
  }
  for (const { client, file, exists, hooks } of rows) {
    printData(`${client.padEnd(15)} ${hooks ? 'hooks ' : '      '} ${file}${exists ? '' : ' (not there yet)'}`);
  }
  printNotice(
    '"memory-mcp setup <client>" shows what would be written, --hooks includes the hooks, --apply writes it.',
  );
}
