/**
 * Containers of the image under test, on a real Docker engine. They and their folders go away with the test. Needs the
 * image in MEMORY_MCP_TEST_IMAGE and `docker` in PATH; `.ci/containers` provides both.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { until } from './until.ts';

export const image = process.env.MEMORY_MCP_TEST_IMAGE ?? '';
/** Why the tests are skipped, for the title; undefined if they run. */
export const skip = image === '' ? 'needs an image and a Docker engine, see .ci/containers' : undefined;

export interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. */
export function run(command: string, args: readonly string[], options: { cwd?: string; input?: string } = {}): Result {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000, ...options });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

/** Runs `docker` and returns what it printed. Fails if it does. */
export function docker(...args: string[]): string {
  const { status, stdout, stderr } = run('docker', args);
  if (status !== 0) throw new Error(`docker ${args.join(' ')} failed with ${status}: ${stderr}`);
  return stdout.trim();
}

/** A folder as users have it: made by root, as Docker makes one that is missing. */
export function hostFolder(name = 'data'): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'memory-mcp-container-')), name);
  mkdirSync(folder);
  onTestFinished(() => rmSync(join(folder, '..'), { recursive: true, force: true }));
  return folder;
}

export interface ContainerOptions {
  /** Options of `docker run`. */
  readonly options?: readonly string[];
  /** The data folder on the host; a volume of the container where absent. */
  readonly data?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** After the image; the image's own command where absent. */
  readonly command?: readonly string[];
}

/** Settings that keep a test off the network. */
const offline = { MEMORY_MCP_EMBEDDINGS_MODEL: 'none', MEMORY_MCP_RERANKER_MODEL: 'none', TZ: 'Asia/Tokyo' };

/** The options of `docker run` that every container of a test has. */
export function runOptions({ options = [], data, env = {} }: ContainerOptions): string[] {
  const variables = Object.entries({ ...offline, ...env }).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  return [...variables, ...(data === undefined ? [] : ['-v', `${data}:/data`]), ...options];
}

export interface Container {
  readonly id: string;
  /** Everything that it printed so far. */
  logs(): string;
  exec(...command: string[]): Result;
  inspect(format: string): string;
  /** Waits until it listens. */
  listening(): Promise<void>;
  /** The access token that it showed at its start. */
  token(): string;
  /** A request from inside, as the guide's health check makes one. Answers with status and body. */
  request(path: string, ...curl: string[]): { status: number; text: string };
  remove(): void;
}

export function startContainer(asked: ContainerOptions = {}): Container {
  const id = docker('run', '-d', ...runOptions(asked), image, ...(asked.command ?? []));
  const logs = () => {
    const { stdout, stderr } = run('docker', ['logs', id]);
    return stdout + stderr;
  };
  const exec = (...command: string[]) => run('docker', ['exec', id, ...command]);
  const remove = () => void run('docker', ['rm', '-f', '-v', id]);
  onTestFinished(remove);
  return {
    id,
    logs,
    exec,
    remove,
    inspect: (format) => docker('inspect', '-f', format, id),
    listening: () =>
      until(() => {
        if (docker('inspect', '-f', '{{.State.Running}}', id) === 'false') throw new Error(`it ended: ${logs()}`);
        return logs().includes('listening on');
      }, 'a container that listens'),
    token: () => /Bearer ([0-9a-f]{48})/.exec(logs())?.[1] ?? '',
    request: (path, ...curl) => {
      const { stdout } = exec('curl', '-sS', '-w', '\n%{http_code}', ...curl, `http://localhost:26262${path}`);
      const end = stdout.lastIndexOf('\n');
      return { status: Number(stdout.slice(end + 1)), text: stdout.slice(0, end) };
    },
  };
}
