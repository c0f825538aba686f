/**
 * A clone of this repository as a user has it, in a folder of its own, whose commands are run with the image under test as
 * `memory-mcp:latest`. Containers and folder go away at the end.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { docker, image, type Result, run } from './containers.ts';
import { repositoryRoot } from './surroundings.ts';
import { until } from './until.ts';

export interface DockerProject {
  readonly folder: string;
  readonly data: string;
  /** Runs commands as they are written, and fails with their output where one of them fails. */
  bash(commands: string): Result;
  write(name: string, text: string): void;
  remove(name: string): void;
  /** Waits until the container `memory-mcp`, if it runs, answers. */
  settled(): Promise<void>;
  close(): void;
}

const container = 'memory-mcp';

export function openDockerProject(): DockerProject {
  const folder = mkdtempSync(join(tmpdir(), 'memory-mcp-project-'));
  const files = run('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: repositoryRoot });
  for (const file of files.stdout.trim().split('\n')) {
    if (/^(test|\.ci)\//.test(file)) continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(repositoryRoot, file), join(folder, file));
  }
  docker('tag', image, 'memory-mcp:latest');

  // Commands for users who are not root. Here root runs them, and not every machine has sudo.
  const programs = join(folder, '.programs');
  if (spawnSync('sudo', ['--version']).error !== undefined) {
    mkdirSync(programs);
    writeFileSync(join(programs, 'sudo'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
  }
  const env = { ...process.env, PATH: [programs, process.env.PATH].join(delimiter) };

  const bash = (commands: string): Result => {
    const options = { cwd: folder, env, encoding: 'utf8', timeout: 300_000, input: '' } as const;
    const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', commands], options);
    if (status !== 0) throw new Error(`these commands ended with ${status}:\n${commands}\n${stdout}${stderr}`);
    return { status, stdout, stderr };
  };
  return {
    folder,
    data: join(folder, 'data'),
    bash,
    write: (name, text) => writeFileSync(join(folder, name), text),
    remove: (name) => rmSync(join(folder, name), { force: true }),
    settled: () =>
      until(() => {
        if (docker('ps', '-q', '--filter', `name=^${container}$`) === '') return true;
        return run('docker', ['exec', container, 'curl', '-fsS', 'http://localhost:26262/health']).status === 0;
      }, 'a container that answers'),
    close: () => {
      spawnSync('docker', ['compose', '--profile', 'qdrant', 'down', '-v'], { cwd: folder, env });
      run('docker', ['rm', '-f', '-v', container]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const qdrantImage = 'qdrant/qdrant:v1.19.0';

/**
 * Provides the image of Qdrant: the real one if the engine has it, else a stand-in with Qdrant's own engine. Returns why
 * there is none, or a function that removes the stand-in.
 */
export function provideQdrantImage(): { missing: string } | { remove(): void } {
  if (run('docker', ['image', 'inspect', qdrantImage]).status === 0) return { remove: () => {} };
  const engine = join(repositoryRoot, '.cache', 'qdrant-edge');
  if (!existsSync(engine)) return { missing: 'neither the image of Qdrant nor qdrant-edge-py is here' };
  const context = mkdtempSync(join(tmpdir(), 'memory-mcp-qdrant-'));
  cpSync(engine, join(context, 'engine'), { recursive: true });
  cpSync(join(repositoryRoot, 'test/support/qdrant-server.py'), join(context, 'server.py'));
  writeFileSync(
    join(context, 'Dockerfile'),
    `FROM node:24-bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3
COPY engine /engine
COPY server.py /
ENV PYTHONPATH=/engine
STOPSIGNAL SIGINT
RUN mkfifo /input
CMD ["sh", "-c", "exec python3 /server.py --host 0.0.0.0 --port 6333 --api-key $QDRANT__SERVICE__API_KEY <>/input"]
`,
  );
  docker('build', '-q', '-t', qdrantImage, context);
  rmSync(context, { recursive: true });
  return { remove: () => void run('docker', ['rmi', '-f', qdrantImage]) };
}

export interface CodeBlock {
  /** The heading of second level above it. */
  readonly section: string;
  readonly language: string;
  readonly text: string;
  /** What the line below it says, if it begins with "Not run: ". */
  readonly notRun: string | undefined;
}

/** The code blocks of a document, in order. `notRun` is how its line begins in that language. */
export function codeBlocks(document: string, notRun: string): CodeBlock[] {
  const text = readFileSync(join(repositoryRoot, 'docs', document), 'utf8');
  const blocks: CodeBlock[] = [];
  let section = '';
  for (const match of text.matchAll(/^## (.+)$|^```(\w*)\n([\s\S]*?)^```\n(?:(?=\n(.+)\n)|)/gm)) {
    const [, heading, language = '', code = '', below = ''] = match;
    if (heading !== undefined) section = heading;
    else {
      const reason = below.startsWith(notRun) ? below.slice(notRun.length).trim() : undefined;
      blocks.push({ section, language, text: code, notRun: reason });
    }
  }
  return blocks;
}
