/**
 * The clients that `setup` knows: where each keeps its configuration, and what stands there. Snippets in the docs, the
 * notice of `serve` and the files that `setup` writes all come from this table.
 */
import { posix, win32 } from 'node:path';
import { type HarnessName, type HookEvent, harnesses, hookEvents } from '../hook/harness.ts';
import { joinEntries, type ServerEntry } from './join-entries.ts';

/** How the program is started: the absolute paths of node and of the launcher, since clients do not see a shell's PATH. */
export interface StartCommand {
  readonly command: string;
  readonly args: readonly string[];
}

export interface Place {
  readonly home: string;
  readonly platform: NodeJS.Platform;
}

export type JsonPath = readonly string[];

/** An edit of a configuration: a value at a path, or an element that is added to the list there. */
export type Edit =
  | {
      readonly at: JsonPath;
      readonly value: unknown;
      /** The value with what the user has added to the present one. */
      readonly joinedTo?: (present: unknown) => unknown;
    }
  | { readonly at: JsonPath; readonly element: unknown; readonly isOurs: (element: unknown) => boolean };

/** What is wanted of one file. */
export interface WantedFile {
  readonly path: string;
  readonly format: 'json' | 'toml';
  readonly edits: readonly Edit[];
}

interface StdioServer {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface Client {
  readonly title: string;
  readonly format: 'json' | 'toml';
  /** Where the servers stand, below the home folder. */
  readonly file: (place: Place) => string;
  /** The property that holds the servers. */
  readonly servers: string;
  /** Its entry of a stdio server, where that is not command, args and env alone. */
  readonly entry?: (server: StdioServer) => ServerEntry;
  readonly hooks?: { readonly harness: HarnessName; readonly file: (place: Place) => string };
  /** What to do once the file is written. */
  readonly nextStep: string;
  /** What its command for scripts needs, which cannot ask. */
  readonly unattended?: string;
}

const serverName = 'memory';
/** Seconds after which the harness gives up; the hook itself ends after 1.5. Codex allows SessionEnd no more than this. */
const hookTimeout = 3;

function below(...path: string[]) {
  return ({ home, platform }: Place): string => (platform === 'win32' ? win32 : posix).join(home, ...path);
}

/** The folder of an application's settings, by platform. */
function applicationData(mac: readonly string[], windows: readonly string[], linux: readonly string[]) {
  return (place: Place): string => {
    if (place.platform === 'darwin') return below('Library', 'Application Support', ...mac)(place);
    if (place.platform === 'win32') return below('AppData', 'Roaming', ...windows)(place);
    return below('.config', ...linux)(place);
  };
}

const typed = (server: StdioServer) => ({ type: 'stdio', ...server });

const samePlace = (...path: string[]) => applicationData(path, path, path);

export const clients = {
  'claude-desktop': {
    title: 'Claude Desktop',
    format: 'json',
    file: samePlace('Claude', 'claude_desktop_config.json'),
    servers: 'mcpServers',
    nextStep: 'Quit Claude Desktop completely and start it again.',
  },
  'claude-code': {
    title: 'Claude Code',
    format: 'json',
    file: below('.claude.json'),
    servers: 'mcpServers',
    entry: typed,
    hooks: { harness: 'claude-code', file: below('.claude', 'settings.json') },
    nextStep: 'Start a new session; /mcp shows the server, /hooks the hooks.',
    unattended:
      '"claude -p" cannot ask whether a tool may run; "--allowedTools mcp__memory" allows those of this server.',
  },
  cursor: {
    title: 'Cursor',
    format: 'json',
    file: below('.cursor', 'mcp.json'),
    servers: 'mcpServers',
    hooks: { harness: 'cursor', file: below('.cursor', 'hooks.json') },
    nextStep: 'Cursor asks once whether to turn the server on: Settings, MCP.',
  },
  vscode: {
    title: 'VS Code',
    format: 'json',
    file: samePlace('Code', 'User', 'mcp.json'),
    servers: 'servers',
    entry: typed,
    nextStep: 'Start the server once from the file itself or with "MCP: List Servers".',
  },
  codex: {
    title: 'Codex',
    format: 'toml',
    file: below('.codex', 'config.toml'),
    servers: 'mcp_servers',
    hooks: { harness: 'codex', file: below('.codex', 'hooks.json') },
    nextStep: 'Start a new session; "codex mcp list" shows the server. Codex asks once whether to trust new hooks.',
    unattended:
      '"codex exec" leaves out hooks that you have not trusted yet, and a server that needs longer than a second to start; "required = true" in the entry makes it wait, and stops it where the server does not start.',
  },
  'gemini-cli': {
    title: 'Gemini CLI',
    format: 'json',
    file: below('.gemini', 'settings.json'),
    servers: 'mcpServers',
    hooks: { harness: 'gemini-cli', file: below('.gemini', 'settings.json') },
    nextStep: 'Start a new session in a trusted folder; /mcp shows the server.',
    unattended:
      '"gemini -p" leaves out tools that it would have to ask about; "trust": true in the entry allows those of this server. It stops in a folder that is not trusted, unless it gets --skip-trust.',
  },
  'copilot-cli': {
    title: 'GitHub Copilot CLI',
    format: 'json',
    file: below('.copilot', 'mcp-config.json'),
    servers: 'mcpServers',
    nextStep: 'Start a new session; /mcp shows the server.',
    unattended: '"copilot -p" cannot ask whether to store; "--allow-tool memory" allows it.',
  },
  opencode: {
    title: 'opencode',
    format: 'json',
    file: below('.config', 'opencode', 'opencode.json'),
    servers: 'mcp',
    entry: ({ command, args, env }) => ({ type: 'local', command: [command, ...args], environment: env }),
    nextStep: 'Start a new session; "opencode mcp list" shows the server.',
  },
  'qwen-code': {
    title: 'Qwen Code',
    format: 'json',
    file: below('.qwen', 'settings.json'),
    servers: 'mcpServers',
    nextStep: 'Start a new session; /mcp shows the server.',
    unattended: '"qwen -p" leaves out tools that store; "trust": true in the entry allows them.',
  },
  cline: {
    title: 'Cline CLI',
    format: 'json',
    file: below('.cline', 'data', 'settings', 'cline_mcp_settings.json'),
    servers: 'mcpServers',
    nextStep: 'Start a new session.',
  },
  windsurf: {
    title: 'Windsurf',
    format: 'json',
    file: below('.codeium', 'windsurf', 'mcp_config.json'),
    servers: 'mcpServers',
    nextStep: 'Refresh the servers in the settings of Cascade.',
  },
  zed: {
    title: 'Zed',
    format: 'json',
    file: (place) =>
      place.platform === 'win32'
        ? below('AppData', 'Roaming', 'Zed', 'settings.json')(place)
        : below('.config', 'zed', 'settings.json')(place),
    servers: 'context_servers',
    nextStep: 'The Agent Panel shows the server with a green dot.',
  },
  'lm-studio': {
    title: 'LM Studio',
    format: 'json',
    file: below('.lmstudio', 'mcp.json'),
    servers: 'mcpServers',
    nextStep: 'Turn the server on in the Program tab.',
  },
} as const satisfies Record<string, Client>;

export type ClientName = keyof typeof clients;

export const clientNames = Object.keys(clients).filter(isClientName);

export function isClientName(name: string): name is ClientName {
  return Object.hasOwn(clients, name);
}

/** The entry of the server in the client's configuration. */
export function serverEdit(name: ClientName, { command, args }: StartCommand): Edit {
  const { servers, entry = (server) => ({ ...server }) }: Client = clients[name];
  const env = { ONNXRUNTIME_NODE_INSTALL: 'skip' };
  const value = entry({ command, args: [...args, 'serve', '--stdio'], env });
  return { at: [servers, serverName], value, joinedTo: (present) => joinEntries(present, value) };
}

/** Every file that is to be changed, each once. */
export function wantedFiles(
  name: ClientName,
  { start, place, withHooks }: { start: StartCommand; place: Place; withHooks: boolean },
): WantedFile[] {
  const { file, format, hooks }: Client = clients[name];
  const server: WantedFile = { path: file(place), format, edits: [serverEdit(name, start)] };
  if (!withHooks || hooks === undefined) return [server];
  const edits = hookEdits(hooks.harness, start);
  const hookFile = hooks.file(place);
  if (hookFile === server.path) return [{ ...server, edits: [...server.edits, ...edits] }];
  return [server, { path: hookFile, format: 'json', edits }];
}

/** The hooks of a harness, each an element of the list of its event. */
function hookEdits(harness: HarnessName, start: StartCommand): Edit[] {
  const { events }: { events: Readonly<Partial<Record<HookEvent, string>>> } = harnesses[harness];
  const edits = hookEvents.flatMap((event): Edit[] => {
    const name = events[event];
    if (name === undefined) return [];
    const client = harness === 'claude-code' ? [] : ['--client', harness];
    const command = [start.command, ...start.args, 'hook', event, ...client].map(quoteWord).join(' ');
    const isOurs = (element: unknown) => holdsHook(element, event);
    return [{ at: ['hooks', name], element: hookElement(harness, event, command), isOurs }];
  });
  return harness === 'cursor' ? [{ at: ['version'], value: 1 }, ...edits] : edits;
}

/** The hooks of a harness as its settings hold them: lists by the names of its events. */
export function hookSettings(harness: HarnessName, start: StartCommand): Record<string, unknown[]> {
  const elements = hookEdits(harness, start).flatMap((edit): [string, unknown[]][] =>
    'element' in edit ? [[edit.at.at(-1) ?? '', [edit.element]]] : [],
  );
  return Object.fromEntries(elements);
}

function hookElement(harness: HarnessName, event: HookEvent, command: string): unknown {
  if (harness === 'cursor') return { command, timeout: hookTimeout };
  // Gemini CLI counts milliseconds.
  const timeout = harness === 'gemini-cli' ? 1_000 * hookTimeout : hookTimeout;
  const hooks = [{ type: 'command', command, timeout }];
  return event === 'tool-failure' ? { matcher: 'Bash', hooks } : { hooks };
}

/** Whether an element of a list of hooks runs `hook <event>` of this program, from wherever it was installed. */
function holdsHook(element: unknown, event: HookEvent): boolean {
  const text = JSON.stringify(element) ?? '';
  return text.includes('memory-mcp') && new RegExp(`\\bhook ${event}\\b`).test(text);
}

/** A word of a command line; paths may hold spaces. */
export function quoteWord(word: string): string {
  return /^[\w./:\\@=-]+$/.test(word) ? word : `"${word.replaceAll('"', '\\"')}"`;
}
