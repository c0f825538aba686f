/**
 * Installs memory-mcp as two kinds of people do, with every pair of Node and npm, and prints what came of it: a clone with
 * the README's two commands, and a package in an empty folder. Each server then stores a memory, finds it again and says
 * how its models are. Node and npm come from the npm registry as packages, so this needs Linux on x64 or arm64.
 *
 * `npx tsx scripts/install-matrix.ts [--pairs 20/10,24/12] [--as clone,package]`, a pair being a Node and an npm
 *
 * Ends with 1 if a pair cannot start or store. A whole run installs 24 times, which takes about an hour.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { startServer } from './bench/stdio-client.ts';

const run = promisify(execFile);
const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '20/10,20/11,20/12,22/10,22/11,22/12,24/10,24/11,24/12,26/10,26/11,26/12' },
    as: { type: 'string', default: 'clone,package' },
  },
});
const root = join(import.meta.dirname, '..');
const toolchains = join(root, '.cache', 'toolchains');

interface Toolchain {
  readonly name: string;
  /** The folder with node, npm and npx. */
  readonly bin: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Downloads a package of the npm registry once, and returns the folder of its files. */
async function fetchPackage(specifier: string): Promise<string> {
  const folder = join(toolchains, specifier);
  if (!existsSync(join(folder, 'package'))) {
    mkdirSync(folder, { recursive: true });
    await run('npm', ['pack', '--silent', specifier], { cwd: folder });
    const [archive = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    await run('tar', ['xzf', archive], { cwd: folder });
  }
  return join(folder, 'package');
}

async function openToolchain(nodeVersion: string, npmVersion: string): Promise<Toolchain> {
  const nodePackage = await fetchPackage(`node-linux-${process.arch}@${nodeVersion}`);
  const npmPackage = await fetchPackage(`npm@${npmVersion}`);
  const bin = join(toolchains, `bin-${nodeVersion}-${npmVersion}`);
  if (!existsSync(bin)) {
    mkdirSync(bin, { recursive: true });
    symlinkSync(join(nodePackage, 'bin', 'node'), join(bin, 'node'));
    for (const name of ['npm', 'npx']) symlinkSync(join(npmPackage, 'bin', `${name}-cli.js`), join(bin, name));
  }
  return {
    name: `Node ${nodeVersion}, npm ${npmVersion}`,
    bin,
    environment: { ...plainEnvironment(), PATH: `${bin}:${process.env.PATH}` },
  };
}

/** This environment without what the npm that runs this script has put into it. */
function plainEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(([name]) => !/^npm_|^(ONNXRUNTIME|MEMORY_MCP)_/i.test(name));
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** Installs into `folder` and returns what starts the program, for Node. */
type Install = (folder: string, toolchain: Toolchain) => Promise<readonly string[]>;

const npm = ({ environment }: Toolchain, folder: string, ...args: string[]) =>
  run('npm', args, { cwd: folder, env: environment, maxBuffer: 1 << 26 });

const asClone: Install = async (folder, toolchain) => {
  await run('git', ['clone', '--quiet', root, folder]);
  await npm(toolchain, folder, 'ci');
  await npm(toolchain, folder, 'run', 'build');
  return [join(folder, 'bin', 'memory-mcp.js')];
};

const asPackage: Install = async (folder, toolchain) => {
  writeFileSync(join(folder, 'package.json'), '{}');
  await npm(toolchain, folder, 'install', await packedOnce());
  return [join(toolchain.bin, 'npx'), 'memory-mcp'];
};

let packing: Promise<string> | undefined;
/** The path of the archive that would be published. */
function packedOnce(): Promise<string> {
  packing ??= run('npm', ['pack', '--silent', '--pack-destination', toolchains], { cwd: root }).then(({ stdout }) =>
    join(toolchains, stdout.trim().split('\n').at(-1) ?? ''),
  );
  return packing;
}

/** Stores a memory, finds it, and returns what get_context says about recall. */
async function useServer(
  [file = '', ...before]: readonly string[],
  folder: string,
  { bin, environment }: Toolchain,
): Promise<string> {
  const server = startServer({
    file,
    args: [...before, 'serve', '--stdio'],
    environment: { ...environment, MEMORY_MCP_DATA_DIR: join(folder, 'data'), MEMORY_MCP_MODEL_DOWNLOAD: 'never' },
    folder,
    node: join(bin, 'node'),
  });
  try {
    await server.request('initialize', {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'install-matrix', version: '1' },
    });
    server.notify('notifications/initialized');
    const call = async (name: string, args: object) => {
      const { result } = await server.request('tools/call', { name, arguments: args });
      if (result.isError === true) throw new Error(`${name}: ${JSON.stringify(result.content)}`);
      return Object(result.structuredContent);
    };
    await call('memory_create', { content: '苺のアレルギーがある' });
    const { results } = await call('memory_search', { query: '苺' });
    if (results.length !== 1) throw new Error('the memory was not found');
    const { recall } = await call('get_context', {});
    return recall?.state;
  } finally {
    await server.end();
  }
}

/** npm 12 builds nothing that is not approved, and Node 20 needs a database library that is built. The error says so. */
async function approveAsTold(error: unknown, folder: string, toolchain: Toolchain): Promise<void> {
  if (!String(error).includes('npm install-scripts approve better-sqlite3')) throw error;
  await npm(toolchain, folder, 'install-scripts', 'approve', 'better-sqlite3');
  await npm(toolchain, folder, 'rebuild', 'better-sqlite3');
}

async function installAndUse(install: Install, folder: string, toolchain: Toolchain): Promise<string> {
  const launcher = await install(folder, toolchain);
  try {
    return `works; model ${await useServer(launcher, folder, toolchain)}`;
  } catch (error) {
    await approveAsTold(error, folder, toolchain);
    return `names what npm did not build, and works after that; model ${await useServer(launcher, folder, toolchain)}`;
  }
}

const installs: Readonly<Record<string, Install>> = { clone: asClone, package: asPackage };
let failures = 0;
for (const how of values.as.split(',')) {
  const install = installs[how];
  if (install === undefined) throw new Error(`--as knows ${Object.keys(installs).join(' and ')}, not ${how}`);
  for (const pair of values.pairs.split(',')) {
    const [nodeVersion = '', npmVersion = ''] = pair.split('/');
    const toolchain = await openToolchain(nodeVersion, npmVersion);
    const folder = mkdtempSync(join(tmpdir(), 'memory-mcp-install-'));
    const began = performance.now();
    const report = (text: string) =>
      console.log(`${how}, ${toolchain.name}, ${Math.round((performance.now() - began) / 1_000)} s: ${text}`);
    try {
      report(await installAndUse(install, folder, toolchain));
    } catch (error) {
      failures++;
      report(`FAILED. ${String(error).slice(0, 1_500)}`);
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    }
  }
}
process.exitCode = failures === 0 ? 0 : 1;
