/**
 * The examples, as their own page says to run them, each on a data folder of its own. Those in Python need packages: of the
 * `python3` of the path, or in `.cache/python-clients`, where `.ci/run` puts them.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { binary, makeSurroundings, repositoryRoot } from '../support/surroundings.ts';

const server = [process.execPath, binary, 'serve', '--stdio'];
const packages = { PYTHONPATH: join(repositoryRoot, '.cache', 'python-clients') };

function run(command: string, args: readonly string[], more: Record<string, string> = {}) {
  const { env, remove } = makeSurroundings();
  onTestFinished(remove);
  return spawnSync(command, args, {
    cwd: repositoryRoot,
    env: { ...env, ...more },
    encoding: 'utf8',
    timeout: 60_000,
  });
}

const missing = ['mcp', 'agents'].filter(
  (name) => spawnSync('python3', ['-c', `import ${name}`], { env: { ...process.env, ...packages } }).status !== 0,
);
const unless = (name: string) => (missing.includes(name) ? ` (skipped: python3 has no package ${name})` : '');
const answer = 'Hana is allergic to strawberries.';

describe('examples', () => {
  it('the shell script stores and finds', () => {
    const { stdout, status } = run('sh', ['examples/remember.sh'], { MEMORY_MCP: `${process.execPath} ${binary}` });
    expect(status).toBe(0);
    expect(stdout).toMatch(/"stored": true[\s\S]*"results"[\s\S]*Hana is allergic to strawberries\./);
  });

  it('the TypeScript client stores and finds', () => {
    const tsx = join(repositoryRoot, 'node_modules', 'tsx', 'dist', 'cli.mjs');
    const { stdout, stderr, status } = run(process.execPath, [tsx, 'examples/typescript-client.ts', ...server]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/stored:[\s\S]*found:[\s\S]*Hana is allergic to strawberries\./);
  });

  it.skipIf(missing.includes('mcp'))(`the Python client stores and finds${unless('mcp')}`, () => {
    const { stdout, stderr, status } = run('python3', ['examples/python_client.py', ...server], packages);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/stored:[\s\S]*found:[\s\S]*Hana is allergic to strawberries\./);
  });

  it.skipIf(missing.includes('agents'))(`an agent of the OpenAI Agents SDK stores and finds${unless('agents')}`, () => {
    const { stdout, stderr, status } = run('python3', ['examples/openai_agents.py', ...server], packages);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(answer);
  });

  it('all stand on their page', () => {
    const page = readFileSync(join(repositoryRoot, 'examples', 'README.md'), 'utf8');
    for (const name of readdirSync(join(repositoryRoot, 'examples')).filter((each) => !each.endsWith('.md'))) {
      expect(page).toContain(`examples/${name}`);
    }
  });
});
