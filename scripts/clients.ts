/**
 * The table of clients in docs/clients.md: installs each from its registry, and has it shake hands, list the tools, store
 * a memory and find it again.
 *
 *   npx tsx scripts/clients.ts [--only NAME,NAME] [--write]
 *
 * `--write` puts the table into the page. Ends with 1 if a client that could be installed fails at a step.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import * as z from 'zod';
import { table } from './bench/report.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const installed = join(root, '.cache', 'clients');
const server = [process.execPath, join(root, 'bin', 'memory-mcp.js'), 'serve', '--stdio'];
const patience = { install: 600_000, drive: 180_000 };

const python = ['mcp', 'fastmcp', 'langchain-mcp-adapters', 'openai-agents', 'pydantic-ai-slim'];
/** What pip is given, where that is not the name. */
const pipNames: Readonly<Record<string, string>> = { 'pydantic-ai-slim': 'pydantic-ai-slim[mcp]' };
const node = ['@modelcontextprotocol/sdk', '@modelcontextprotocol/client', '@ai-sdk/mcp', 'mcp-use'];

const steps = ['handshake', 'list', 'create', 'search'] as const;
const outcome = z.object({
  version: z.string(),
  handshake: z.string().optional(),
  list: z.string().optional(),
  create: z.string().optional(),
  search: z.string().optional(),
  problem: z.string().optional(),
});
type Outcome = z.output<typeof outcome>;

const { values } = parseArgs({ options: { only: { type: 'string' }, write: { type: 'boolean', default: false } } });
const wanted = values.only?.split(',');

async function main(): Promise<void> {
  const rows: string[][] = [];
  let failed = false;
  for (const [runtime, names] of [['Python', python] as const, ['Node', node] as const]) {
    for (const name of names.filter((one) => wanted === undefined || wanted.includes(one))) {
      const problem = await install(runtime, name);
      const tried = problem === undefined ? await drive(runtime, name) : undefined;
      failed ||= tried !== undefined && tried.search !== 'ok';
      rows.push([name, runtime, ...(tried === undefined ? absent(problem) : cellsOf(tried))]);
      console.error(rows.at(-1)?.join(' | '));
    }
  }
  const text = `${table(['client', 'runs on', 'version', ...steps], rows)}\n\nRun with Node ${process.versions.node} and ${await pythonVersion()} on ${process.platform}.`;
  console.log(text);
  if (values.write) writePage(text);
  if (failed) process.exitCode = 1;
}

function absent(reason: string | undefined): string[] {
  return ['not installed', reason ?? '', '', '', ''];
}

function cellsOf({ version, problem, ...done }: Outcome): string[] {
  const cells = steps.map((step) => done[step]);
  const stopped = cells.indexOf(undefined);
  return [
    version,
    ...cells.map((cell, at) => cell ?? (at === stopped ? (problem?.split('\n')[0] ?? 'no answer') : '')),
  ];
}

const folderOf = (name: string): string => join(installed, name.replace('@', '').replaceAll('/', '-'));

/** What kept the client from being installed, in one line. One that is there is kept. */
async function install(runtime: 'Python' | 'Node', name: string): Promise<string | undefined> {
  const folder = folderOf(name);
  const marker = join(folder, '.installed');
  if (existsSync(marker)) return undefined;
  mkdirSync(folder, { recursive: true });
  const options = { cwd: folder, timeout: patience.install, maxBuffer: 50_000_000 };
  try {
    if (runtime === 'Python') {
      await run('python3', ['-m', 'venv', folder], options);
      await run(join(folder, 'bin', 'pip'), ['install', '--quiet', pipNames[name] ?? name], options);
    } else {
      writeFileSync(join(folder, 'package.json'), '{}');
      await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', name], options);
    }
    writeFileSync(marker, '');
    return undefined;
  } catch (error) {
    return firstLine(error);
  }
}

async function drive(runtime: 'Python' | 'Node', name: string): Promise<Outcome> {
  const folder = folderOf(name);
  const dataDir = mkdtempSync(join(tmpdir(), 'memory-mcp-clients-'));
  const settings = {
    MEMORY_MCP_DATA_DIR: dataDir,
    MEMORY_MCP_EMBEDDINGS_MODEL: 'none',
    MEMORY_MCP_RERANKER_MODEL: 'none',
  };
  // Some clients hand their servers a few variables only, so `env` sets them.
  const started = ['env', ...Object.entries(settings).map(([key, value]) => `${key}=${value}`), ...server];
  const [program, ...args] =
    runtime === 'Python'
      ? [join(folder, 'bin', 'python'), join(import.meta.dirname, 'clients', 'python_clients.py'), name, ...started]
      : [process.execPath, join(import.meta.dirname, 'clients', 'node-clients.mjs'), name, folder, ...started];
  try {
    const { stdout } = await run(program ?? '', args, { timeout: patience.drive, maxBuffer: 50_000_000 });
    return outcome.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
  } catch (error) {
    return { version: 'installed', problem: firstLine(error) };
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function firstLine(error: unknown): string {
  const { stderr } = z
    .object({ stderr: z.string().default('') })
    .catch({ stderr: '' })
    .parse(error);
  const line = stderr.split('\n').find((one) => /error/i.test(one)) ?? String(error).split('\n')[0] ?? '';
  return line.replaceAll('|', '/').replaceAll(root, '').slice(0, 120);
}

async function pythonVersion(): Promise<string> {
  const asked = await run('python3', ['--version']).catch(() => undefined);
  return asked?.stdout.trim() ?? 'no Python';
}

function writePage(text: string): void {
  const page = join(root, 'docs', 'clients.md');
  const [begin, end] = ['<!-- tried:begin -->', '<!-- tried:end -->'];
  const old = readFileSync(page, 'utf8');
  const [before, rest = ''] = old.split(begin);
  const after = rest.split(end)[1];
  if (after === undefined) throw new Error(`docs/clients.md has no ${begin} … ${end}`);
  writeFileSync(page, `${before}${begin}\n\n${text}\n\n${end}${after}`);
}

await main();
