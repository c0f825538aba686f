/** `setup`: what it writes works, it touches nothing else, and it can be undone. */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { parse as parseJsonc } from 'jsonc-parser';
import { parse as parseToml } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type ClientName, clientNames, clients } from '../../src/setup/client-table.ts';
import { connect } from '../support/clients.ts';
import { fillDataFolder } from '../support/hooks.ts';
import { runCommand } from '../support/run-command.ts';
import { testFolder } from '../support/stores.ts';
import { binary, repositoryRoot } from '../support/surroundings.ts';

const environment = z.record(z.string(), z.string());
const entrySchema = z
  .object({ command: z.string(), args: z.array(z.string()), env: environment })
  // As opencode has it.
  .or(
    z
      .object({ type: z.literal('local'), command: z.tuple([z.string()], z.string()), environment })
      .transform(({ command: [command, ...args], environment: env }) => ({ command, args, env })),
  );

function makeHome() {
  const home = testFolder();
  const fileOf = (name: ClientName) => clients[name].file({ home, platform: process.platform });
  return {
    home,
    fileOf,
    write(name: ClientName, text: string): string {
      mkdirSync(dirname(fileOf(name)), { recursive: true });
      writeFileSync(fileOf(name), text);
      return fileOf(name);
    },
    setup: (...args: string[]) => runCommand(['setup', ...args], { env: { HOME: home, USERPROFILE: home } }),
  };
}

/** The entry of the server, read by a parser of the client's format. */
function entryOf(name: ClientName, text: string) {
  const tree: unknown = clients[name].format === 'toml' ? parseToml(text) : parseJsonc(text);
  const inner = z.record(z.string(), z.unknown()).parse(tree)[clients[name].servers];
  return entrySchema.parse(z.object({ memory: z.unknown() }).parse(inner).memory);
}

it.each(['claude-code', 'codex', 'gemini-cli', 'copilot-cli', 'qwen-code'] as const)(
  '%s is told what its command for scripts needs, as the docs say it',
  async (name) => {
    const { unattended } = clients[name];
    expect((await makeHome().setup(name, '--apply')).err).toContain(unattended);
    expect(readFileSync(join(repositoryRoot, 'docs', 'clients.md'), 'utf8')).toContain(unattended);
  },
);

describe.each(clientNames)('%s', (name) => {
  it('gets a file from which the server starts', async () => {
    const { fileOf, setup } = makeHome();
    const { code, err } = await setup(name, '--apply');
    expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining('Written.') });

    const { command, args, env } = entryOf(name, readFileSync(fileOf(name), 'utf8'));
    expect([command, args[0]]).toEqual([process.execPath, binary]);
    const dataDir = join(testFolder(), 'data');
    const own = { ...env, MEMORY_MCP_DATA_DIR: dataDir, MEMORY_MCP_EMBEDDINGS_MODEL: 'none', HOME: testFolder() };
    const { client } = await connect('classic', { command, args, cwd: testFolder(), env: own });
    expect((await client.listTools()).tools.map((tool) => tool.name)).toContain('memory_search');
    await client.close();
  });

  it('keeps nothing of it after --undo', async () => {
    const { home, fileOf, setup } = makeHome();
    const hooks = 'hooks' in clients[name] ? ['--hooks'] : [];
    await setup(name, '--apply', ...hooks);
    expect(existsSync(fileOf(name))).toBe(true);
    expect((await setup(name, '--undo', '--apply')).code).toBe(0);
    const left = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(left.map((entry) => entry.name)).toEqual([]);
  });
});

describe('what a user has added to our entry', () => {
  it('stays when setup runs again, also where node has moved, and goes with --undo', async () => {
    const { write, setup } = makeHome();
    const entry = {
      trust: true,
      command: '/old/node',
      args: ['/old/memory-mcp/bin/memory-mcp.js', 'serve', '--stdio', '--persona', 'work'],
      env: { MEMORY_MCP_TIMEZONE: 'Asia/Tokyo' },
    };
    const file = write('gemini-cli', JSON.stringify({ mcpServers: { memory: entry } }));
    await setup('gemini-cli', '--apply');
    expect(JSON.parse(readFileSync(file, 'utf8')).mcpServers.memory).toEqual({
      trust: true,
      command: process.execPath,
      args: [binary, 'serve', '--stdio', '--persona', 'work'],
      env: { MEMORY_MCP_TIMEZONE: 'Asia/Tokyo', ONNXRUNTIME_NODE_INSTALL: 'skip' },
    });
    expect((await setup('gemini-cli', '--apply')).out).toBe('It is configured already.\n');
  });

  it('stays in TOML and in the list of opencode', async () => {
    const { fileOf, setup } = makeHome();
    for (const name of ['codex', 'opencode'] as const) {
      await setup(name, '--apply');
      const added = readFileSync(fileOf(name), 'utf8')
        .replace(/"--stdio"/, '"--stdio", "--persona", "work"')
        .replace(/(\[mcp_servers\.memory\]\n)/, '$1required = true\n');
      writeFileSync(fileOf(name), added);
      expect((await setup(name, '--apply')).out).toBe('It is configured already.\n');
      expect(entryOf(name, readFileSync(fileOf(name), 'utf8')).args.slice(-2)).toEqual(['--persona', 'work']);
    }
    expect(readFileSync(fileOf('codex'), 'utf8')).toContain('required = true');
  });

  it('is not taken over from another program that has the name', async () => {
    const { write, setup } = makeHome();
    const entry = { command: 'npx', args: ['-y', '@modelcontextprotocol/server-memory'], env: { A: 'b' } };
    const file = write('cursor', JSON.stringify({ mcpServers: { memory: entry } }));
    await setup('cursor', '--apply');
    expect(JSON.parse(readFileSync(file, 'utf8')).mcpServers.memory.env).toEqual({ ONNXRUNTIME_NODE_INSTALL: 'skip' });
    await setup('cursor', '--undo', '--apply');
    expect(JSON.parse(readFileSync(file, 'utf8')).mcpServers.memory).toEqual(entry);
  });
});

describe('an existing file', () => {
  const commented = `// mine
{
\t"theme": "dark", // keep
\t"mcpServers": {
\t\t"other": { "command": "x", "args": ["--a"] },
\t},
}
`;

  it('is only shown the difference without --apply', async () => {
    const { write, setup } = makeHome();
    const file = write('cursor', commented);
    const { out, err } = await setup('cursor');
    expect(out).toMatch(/^\+\s+"memory": \{$/m);
    expect(out).not.toMatch(/^-/m);
    expect(err).toContain('--apply');
    expect(readFileSync(file, 'utf8')).toBe(commented);
  });

  it('keeps comments, indentation, order, mode and link, and comes back byte for byte', async () => {
    const { home, fileOf, setup } = makeHome();
    const real = join(home, 'dotfiles.json');
    writeFileSync(real, commented);
    chmodSync(real, 0o640);
    mkdirSync(dirname(fileOf('cursor')), { recursive: true });
    symlinkSync(real, fileOf('cursor'));

    await setup('cursor', '--apply');
    const written = readFileSync(real, 'utf8');
    expect(written.replace(/,\n\t\t"memory": \{[\s\S]*?\n\t\t\}/, '')).toBe(commented);
    expect(entryOf('cursor', written).args).toContain('--stdio');
    expect(statSync(real).mode & 0o777).toBe(0o640);
    expect(lstatSync(fileOf('cursor')).isSymbolicLink()).toBe(true);
    const backup = readdirSync(home).find((each) => each.includes('memory-mcp-backup'));
    expect(readFileSync(join(home, backup ?? ''), 'utf8')).toBe(commented);

    await setup('cursor', '--undo', '--apply');
    expect(readFileSync(real, 'utf8')).toBe(commented);
    expect(readdirSync(home).filter((each) => each.includes('backup'))).toEqual([]);
  });

  it('says on the second run that nothing is left to do', async () => {
    const { setup } = makeHome();
    await setup('claude-code', '--hooks', '--apply');
    expect((await setup('claude-code', '--hooks', '--apply')).out).toBe('It is configured already.\n');
  });

  it('that the client has changed since loses our entry and nothing else', async () => {
    const { write, setup } = makeHome();
    const file = write(
      'gemini-cli',
      '{\n  "ui": { "theme": "GitHub" },\n  "mcpServers": { "memory": { "command": "old" } }\n}\n',
    );
    await setup('gemini-cli', '--hooks', '--apply');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"GitHub"', '"Dracula"'));
    await setup('gemini-cli', '--undo', '--apply');
    expect(parseJsonc(readFileSync(file, 'utf8'))).toEqual({
      ui: { theme: 'Dracula' },
      mcpServers: { memory: { command: 'old' } },
    });
  });

  it.each([
    ['claude-code', '{"mcpServers": {', 'is not a JSON object'],
    ['claude-code', '[]', 'is not a JSON object'],
    ['codex', '[mcp_servers', 'is not valid TOML'],
  ] as const)('of %s that is broken is left alone: %s', async (name, text, message) => {
    const { write, setup } = makeHome();
    const file = write(name, text);
    const { code, err } = await setup(name, '--apply');
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('in TOML keeps other tables and comments, and replaces our own', async () => {
    const { write, setup } = makeHome();
    const before = `model = "x" # mine\n\n[mcp_servers.memory]\ncommand = "old"\n\n[mcp_servers.memory.env]\nA = "b"\n\n[mcp_servers.other]\ncommand = "y"\n`;
    const file = write('codex', before);
    await setup('codex', '--apply');
    const written = readFileSync(file, 'utf8');
    expect(written).toMatch(/^model = "x" # mine\n\n\[mcp_servers\.memory\]\ncommand = "/);
    expect(written).toMatch(/\n\n\[mcp_servers\.other\]\ncommand = "y"\n$/);
    expect(written).not.toContain('"old"');
    await setup('codex', '--undo', '--apply');
    expect(readFileSync(file, 'utf8')).toBe(before);
  });
});

describe('hooks', () => {
  const settings = z.object({
    hooks: z.record(z.string(), z.array(z.object({ hooks: z.array(z.object({ command: z.string() })) }))),
  });

  it('stand beside those of others and run as the client runs them, by a shell', async () => {
    const { home, setup } = makeHome();
    const file = join(home, '.claude', 'settings.json');
    mkdirSync(dirname(file));
    const others = { hooks: { UserPromptSubmit: [{ hooks: [{ type: 'command', command: 'mine' }] }] } };
    writeFileSync(file, JSON.stringify(others));
    await setup('claude-code', '--hooks', '--apply');

    const { hooks } = settings.parse(JSON.parse(readFileSync(file, 'utf8')));
    expect(Object.keys(hooks).sort()).toEqual([
      'PostToolUseFailure',
      'PreCompact',
      'SessionEnd',
      'SessionStart',
      'UserPromptSubmit',
    ]);
    const [first, second] = hooks.UserPromptSubmit ?? [];
    expect(first?.hooks[0]?.command).toBe('mine');

    const dataDir = testFolder();
    await fillDataFolder(dataDir, [{ content: 'The billing service uses PostgreSQL 16 as its database.' }]);
    const command = second?.hooks[0]?.command ?? '';
    const env = { HOME: home, PATH: process.env.PATH, MEMORY_MCP_DATA_DIR: dataDir };
    const input = JSON.stringify({ prompt: 'Which database does the billing service use?' });
    expect(execFileSync('/bin/sh', ['-c', command], { env, input, encoding: 'utf8' })).toContain('PostgreSQL 16');

    await setup('claude-code', '--undo', '--apply');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(others);
  });

  it('are refused for a client without any', async () => {
    const { code, err } = await makeHome().setup('zed', '--hooks');
    expect(code).toBe(2);
    expect(err).toContain('Zed has no hooks');
  });
});

it('lists the clients with the places of their files', async () => {
  const { home, setup } = makeHome();
  const { out } = await setup();
  expect(out.trim().split('\n')).toHaveLength(clientNames.length);
  expect(out).toContain(`claude-code     hooks  ${join(home, '.claude.json')} (not there yet)`);
});

it('prints the lines to add by hand', async () => {
  const { out } = await makeHome().setup('vscode', '--print');
  expect(entryOf('vscode', out).args).toContain('serve');
});

it('names the clients for an unknown one', async () => {
  const { code, err } = await makeHome().setup('emacs');
  expect(code).toBe(2);
  expect(err).toContain('claude-desktop, claude-code');
});
