/**
 * `npx tsx scripts/build-bundles.ts [mcpb] [plugin]`: builds the .mcpb bundle for Claude Desktop and the plugin for Claude
 * Code, both with the program and the native modules of this platform inside, into `.cache/bundles`. The manifest is
 * checked by the official packer, which is fetched into an ignored folder at an exact version. Where this runs on Node 22
 * or newer, each server is started from its bundle, stores a memory and finds it.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { initialize, startServer } from './bench/stdio-client.ts';
import { marketplace, mcpbManifest, type PackageFacts, pluginFiles } from './bundles/manifests.ts';
import { copyServer } from './bundles/server-files.ts';

const root = join(import.meta.dirname, '..');
const target = join(root, '.cache', 'bundles');
const packer = { name: '@anthropic-ai/mcpb', version: '2.1.2' };

const wanted = process.argv.slice(2);
const facts = readFacts();
if (wanted.length === 0 || wanted.includes('mcpb')) await buildMcpb();
if (wanted.length === 0 || wanted.includes('plugin')) await buildPlugin();

function readFacts(): PackageFacts {
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  const author = z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)]);
  const known = z
    .object({ version: z.string(), description: z.string(), license: z.string(), author: author.optional() })
    .parse(JSON.parse(text));
  return { ...known, author: known.author ?? 'The authors of memory-mcp' };
}

async function buildMcpb(): Promise<void> {
  const folder = join(target, 'mcpb');
  copyServer(root, folder);
  writeJson(join(folder, 'manifest.json'), mcpbManifest(facts));
  const archive = join(target, `memory-mcp-${facts.version}-${process.platform}-${process.arch}.mcpb`);
  runPacker('validate', join(folder, 'manifest.json'));
  runPacker('pack', folder, archive);
  console.log(`${archive}, ${megabytes(archive)} MB: ${await tryServer(folder)}`);
}

async function buildPlugin(): Promise<void> {
  const folder = join(target, 'claude-code', 'memory');
  copyServer(root, join(folder, 'server'));
  for (const [name, value] of Object.entries(pluginFiles(facts))) writeJson(join(folder, name), value);
  mkdirSync(join(folder, 'skills', 'memory'), { recursive: true });
  cpSync(join(root, 'scripts', 'bundles', 'skill.md'), join(folder, 'skills', 'memory', 'SKILL.md'));
  writeJson(join(dirname(folder), '.claude-plugin', 'marketplace.json'), marketplace(facts));
  console.log(`${folder}: ${await tryServer(join(folder, 'server'))}`);
}

/** Starts the program of a bundle away from the repository, whose modules it would find otherwise. */
async function tryServer(built: string): Promise<string> {
  if (Number(process.versions.node.split('.')[0]) < 22) return 'not started, because Node 22 or newer is needed';
  const folder = mkdtempSync(join(tmpdir(), 'memory-mcp-bundle-'));
  cpSync(built, join(folder, 'server'), { recursive: true });
  const environment = {
    HOME: folder,
    PATH: process.env.PATH ?? '',
    MEMORY_MCP_DATA_DIR: join(folder, 'data'),
    MEMORY_MCP_MODEL_DOWNLOAD: 'never',
  };
  const file = join(folder, 'server', 'bin', 'memory-mcp.js');
  const server = startServer({ file, args: ['serve', '--stdio'], environment, folder });
  try {
    await initialize(server);
    server.notify('notifications/initialized');
    const call = async (name: string, args: object): Promise<string> => {
      const { result } = await server.request('tools/call', { name, arguments: args });
      return JSON.stringify(result);
    };
    await call('memory_create', { content: '苺のアレルギーがある' });
    if (!(await call('memory_search', { query: '苺' })).includes('アレルギー')) throw new Error('nothing was found');
    return 'started from there, stored and found';
  } finally {
    await server.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

function megabytes(path: string): string {
  return (statSync(path).size / 1_000_000).toFixed(1);
}

function runPacker(...args: string[]): void {
  const home = join(root, '.cache', 'mcpb');
  const program = join(home, 'node_modules', packer.name, 'dist', 'cli', 'cli.js');
  if (!existsSync(program)) {
    rmSync(home, { recursive: true, force: true });
    mkdirSync(home, { recursive: true });
    const options = ['--prefix', home, '--no-audit', '--no-fund', '--no-save'];
    execFileSync('npm', ['install', ...options, `${packer.name}@${packer.version}`], { stdio: 'ignore' });
  }
  execFileSync(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
}

function writeJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);
}
