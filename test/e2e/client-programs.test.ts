/**
 * The programs of assistants themselves: `setup` configures each, it stores a memory in one session and finds it in the
 * next, with a stand-in of its model's API. A variable names the program, since none of them is a dependency.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ClientName, clients } from '../../src/setup/client-table.ts';
import { startModelStandIn, type ToolCall } from '../support/model-stand-in.ts';
import { runCommand } from '../support/run-command.ts';
import { testFolder } from '../support/stores.ts';

interface ProgramUnderTest {
  readonly name: ClientName;
  readonly variable: string;
  /** The arguments that run one prompt without asking. */
  readonly args: readonly string[];
  readonly env: (url: string) => Readonly<Record<string, string>>;
  /** What its configuration holds before, by the path of the file. */
  readonly before?: (url: string) => string;
  /** Changes what `setup` has written as the docs say for its scripts. */
  readonly allow?: (text: string) => string;
}

const programs: readonly ProgramUnderTest[] = [
  {
    name: 'claude-code',
    variable: 'MEMORY_MCP_TEST_CLAUDE_CODE',
    args: ['--allowedTools=mcp__memory', '-p'],
    env: (url) => ({ ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: 'stand-in' }),
  },
  {
    name: 'codex',
    variable: 'MEMORY_MCP_TEST_CODEX',
    args: ['exec', '--skip-git-repo-check'],
    env: () => ({}),
    before: (url) =>
      `model = "stand-in"\nmodel_provider = "own"\n\n[model_providers.own]\nname = "own"\nbase_url = "${url}/v1"\nwire_api = "responses"\n`,
    allow: (text) => text.replace('[mcp_servers.memory]\n', '$&required = true\n'),
  },
  {
    name: 'gemini-cli',
    variable: 'MEMORY_MCP_TEST_GEMINI_CLI',
    args: ['--skip-trust', '-p'],
    env: (url) => ({ GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: 'stand-in' }),
    before: () => '{\n  "security": { "auth": { "selectedType": "gemini-api-key" } }\n}\n',
    allow: (text) => text.replace('"command":', '"trust": true, "command":'),
  },
  {
    name: 'copilot-cli',
    variable: 'MEMORY_MCP_TEST_COPILOT_CLI',
    args: ['--allow-tool', 'memory', '-p'],
    env: (url) => ({ COPILOT_OFFLINE: 'true', COPILOT_PROVIDER_BASE_URL: `${url}/v1`, COPILOT_MODEL: 'stand-in' }),
  },
];

const fact = 'Hana is allergic to strawberries; her birthday cake is made with peaches.';
const create: ToolCall = { tool: 'memory_create', args: { content: fact } };
const search: ToolCall = { tool: 'memory_search', args: { query: 'birthday cake for Hana' } };
/** Gemini CLI starts itself twice, which takes its time on a busy machine. */
const patience = 180_000;

function run(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, cwd: env.HOME, stdio: ['ignore', 'pipe', 'pipe'], timeout: patience });
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.stderr.on('data', (part: Buffer) => parts.push(part));
    child.on('error', reject);
    child.on('close', () => resolve(Buffer.concat(parts).toString()));
  });
}

describe.each(programs)('$name', ({ name, variable, args, env: envFor, before, allow }) => {
  const program = process.env[variable];
  const reason = program === undefined ? ` (skipped: ${variable} names no program)` : '';

  it.skipIf(program === undefined)(
    `stores a memory and finds it in the next session${reason}`,
    async () => {
      const home = testFolder();
      const own = { HOME: home, USERPROFILE: home, PATH: process.env.PATH ?? '' };
      const model = await startModelStandIn();
      const file = clients[name].file({ home, platform: process.platform });
      const original = before?.(model.url);
      if (original !== undefined) {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, original);
      }
      expect((await runCommand(['setup', name, '--apply'], { env: own })).code).toBe(0);
      if (allow !== undefined) writeFileSync(file, allow(readFileSync(file, 'utf8')));

      const env = { ...own, MEMORY_MCP_EMBEDDINGS_MODEL: 'none', ...envFor(model.url) };
      const ask = (prompt: string) => run(program ?? '', [...args, prompt], env);
      model.wants(create);
      expect(await ask('Remember the cake.')).toMatch(/lexical\W+indexed/);
      model.wants(search);
      expect(await ask('Which cake does she get?')).toContain('peaches');
      expect(existsSync(join(home, '.local', 'share', 'memory-mcp'))).toBe(true);

      expect((await runCommand(['setup', name, '--undo', '--apply'], { env: own })).code).toBe(0);
      expect(existsSync(file) ? readFileSync(file, 'utf8') : '').not.toContain('memory-mcp');
    },
    3 * patience,
  );
});
