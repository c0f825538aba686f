/** The snippets of docs/clients.md, from the table that `setup` writes from. */
import {
  type Client,
  type ClientName,
  clientNames,
  clients,
  type Place,
  serverEdit,
} from '../src/setup/client-table.ts';
import { editJson } from '../src/setup/edit-json.ts';
import { editToml } from '../src/setup/edit-toml.ts';

/** What readers put their own paths for. */
const start = { command: '/path/to/node', args: ['/path/to/memory-mcp/bin/memory-mcp.js'] };

const systems: readonly (readonly [name: string, place: Place])[] = [
  ['Linux', { home: '~', platform: 'linux' }],
  ['macOS', { home: '~', platform: 'darwin' }],
  ['Windows', { home: '%USERPROFILE%', platform: 'win32' }],
];

export function renderClientSnippets(): string {
  return clientNames.map(renderClient).join('\n\n');
}

function renderClient(name: ClientName): string {
  const { title, format, file, nextStep, unattended }: Client = clients[name];
  const places = new Map<string, string[]>();
  for (const [system, place] of systems) places.set(file(place), [...(places.get(file(place)) ?? []), system]);
  const where = [...places].map(([path, names]) => `\`${path}\` (${names.join(', ')})`).join(', ');
  const edits = [serverEdit(name, start)];
  const snippet = format === 'toml' ? editToml('', edits) : editJson('', edits);
  return [
    `### ${title}`,
    `\`memory-mcp setup ${name}\`, or in ${where}:`,
    `\`\`\`${format}\n${snippet.trim()}\n\`\`\``,
    nextStep,
    ...(unattended === undefined ? [] : [unattended]),
  ].join('\n\n');
}
