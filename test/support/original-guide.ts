/**
 * The compose file and the config.json of the original's deployment guide, with nothing changed but the image. The guide
 * lies beside the clone where this project is developed; elsewhere the tests that need it skip.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { image, run, skip } from './containers.ts';
import { sendRequest } from './http-server.ts';
import { repositoryRoot } from './surroundings.ts';
import { until } from './until.ts';

const guide = join(repositoryRoot, '..', 'shared', 'seed', 'docker-deployment-guide.ja.md');
export const missing = skip ?? (existsSync(guide) ? undefined : "the original's guide is not beside the clone");
const text = missing === undefined ? readFileSync(guide, 'utf8') : '';
const fence = (language: string, part: string) =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].find(([, code]) =>
    code?.includes(part),
  )?.[1] ?? '';

/** That of the guide, on this machine. */
export const port = 26262;

/** The guide's file, whose image is built, with ours in its place. */
export const composeFile = fence('yaml', 'HF_HOME=/data').replace(
  / {4}build:\n {6}context: \.\n {6}dockerfile: Dockerfile\n/,
  `    image: ${image}\n`,
);
export const configFile = fence('json', 'embeddings_model');

export interface GuideProject {
  readonly folder: string;
  readonly data: string;
  /** Runs `docker compose` there. Fails if it does. */
  compose(...args: string[]): string;
}

/** A folder as a reader of the guide has it, with data that root owns. */
export function makeGuideProject(files: Readonly<Record<string, string>>): GuideProject {
  const folder = mkdtempSync(join(tmpdir(), 'memory-mcp-original-'));
  mkdirSync(join(folder, 'data', 'logs'), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  onTestFinished(() => {
    run('docker', ['compose', 'down', '-v'], { cwd: folder });
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    folder,
    data: join(folder, 'data'),
    compose(...args) {
      const { status, stdout, stderr } = run('docker', ['compose', ...args], { cwd: folder });
      if (status !== 0) throw new Error(`docker compose ${args.join(' ')} failed: ${stdout}${stderr}`);
      return stdout + stderr;
    },
  };
}

/** What the guide's container has printed so far. */
export function guideLogs(): string {
  const { stdout, stderr } = run('docker', ['logs', 'memory-mcp']);
  return stdout + stderr;
}

export const tokenInLogs = (): string => /Bearer ([0-9a-f]{48})/.exec(guideLogs())?.[1] ?? '';

export const untilHealthy = (): Promise<void> =>
  until(async () => (await sendRequest(port, '/health').catch(() => undefined))?.status === 200, 'a healthy server');
