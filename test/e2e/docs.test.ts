/**
 * What the README and the pages beside it tell a user to type: every block of shell is run, or stands below with the
 * reason why it is not, and every link leads somewhere. The pages on Docker have a test of their own.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { testFolder } from '../support/stores.ts';
import { binary, makeSurroundings, repositoryRoot } from '../support/surroundings.ts';
import { contentsOf, importReport } from '../support/transfer.ts';

const pages = ['README.md', 'README.ja.md', 'SECURITY.md', 'examples/README.md'].concat(
  readdirSync(join(repositoryRoot, 'docs'))
    .filter((name) => name.endsWith('.md') && !name.startsWith('docker'))
    .map((name) => `docs/${name}`),
);

/** Lines that are not run here, by how they begin. */
const notRun: Readonly<Record<string, string>> = {
  'npm ci && npm run build': 'the build under test was made so',
  'npm ci && npm test': 'this is that',
  'npx memory-mcp serve --http': 'does not end by itself; the tests of HTTP start it',
  'docker compose up': 'test/e2e/docker runs the image on a real engine',
  'npx memory-mcp download-models': 'needs the hub; test/e2e/download-models.test.ts has one on loopback',
  'npx vitest': 'this is that',
  'memory-mcp migrate from-original': 'test/e2e/migrate-from-original.test.ts runs it on such a folder',
  'npx tsx scripts/build-bundles.ts': 'takes 100 MB of disk; test/unit/setup/bundles.test.ts has the manifests',
  'claude plugin': 'needs Claude Code',
  'claude mcp add': 'needs Claude Code',
  'memory-mcp serve --http': 'does not end by itself; the tests of HTTP start it',
  'MEMORY_MCP_AUTH_TOKENS_FILE=': 'does not end by itself; the tests of tokens start it',
  'memory-mcp token': 'test/e2e/http-access-token.test.ts: there is one where a server has made one',
  'curl ': 'needs a server; the tests of HTTP and of Qdrant send the same',
  'openssl rand': 'is no program of ours',
  'memory-mcp restore memory-backup': 'test/e2e/backup.test.ts: the name carries a time',
  'memory-mcp import ~/.claude': "reads the user's own; test/contract/import-formats.test.ts has such a folder",
  'memory-mcp migrate': 'test/e2e/migrate-from-original.test.ts and test/e2e/qdrant.test.ts have the data for it',
  'memory-mcp doctor [': 'is the form of the command',
  'npm run bench': 'takes minutes',
  'docker run': 'test/container has a real engine',
  'export MEMORY_MCP_STORAGE_BACKEND': 'goes before a command with Qdrant',
};

interface ShellLine {
  readonly page: string;
  readonly line: string;
}

function shellLines(page: string): ShellLine[] {
  const text = readFileSync(join(repositoryRoot, page), 'utf8');
  const blocks = [...text.matchAll(/```(sh|console)\n([\s\S]*?)```/g)];
  return blocks.flatMap(([, language, block = '']) =>
    block
      .replaceAll('\\\n', '')
      .split('\n')
      .filter((line) => (language === 'sh' ? line.trim() !== '' && !line.startsWith('#') : line.startsWith('$ ')))
      .map((line) => ({ page, line: line.replace(/^\$ /, '') })),
  );
}

const lines = pages.flatMap(shellLines);
const reasonFor = (line: string) => Object.entries(notRun).find(([beginning]) => line.startsWith(beginning))?.[1];

describe('what users are told to type', () => {
  const runnable = lines.filter(({ line }) => reasonFor(line) === undefined);

  /** The lines of a page follow each other, in one folder and with one store. */
  const places = new Map<string, ReturnType<typeof makePlace>>();

  function makePlace() {
    const { env, remove } = makeSurroundings();
    const bin = join(env.HOME ?? '', 'bin');
    mkdirSync(bin, { recursive: true });
    // As after an installation; `npx memory-mcp` runs the same program.
    symlinkSync(binary, join(bin, 'memory-mcp'));
    const memory = { content: 'The billing service uses PostgreSQL 16 as its database.' };
    for (const persona of ['default', 'nilou']) {
      execFileSync(binary, ['call', 'memory_create', JSON.stringify(memory), '--persona', persona], { env });
    }
    return { env: { ...env, PATH: `${bin}:${env.PATH}` }, folder: bin, remove };
  }

  afterAll(() => {
    for (const { remove } of places.values()) remove();
  });

  it.each(runnable)('$page: $line', ({ page, line }) => {
    const place = places.get(page) ?? makePlace();
    places.set(page, place);
    const command = line.replace(/^npx memory-mcp/, 'memory-mcp');
    const out = execFileSync('/bin/sh', ['-c', `{ ${command}\n} 2>&1`], {
      env: place.env,
      cwd: place.folder,
      encoding: 'utf8',
    });
    expect(out).not.toBe('');
  });

  it('has no reason for a line that no page has any more', () => {
    const stale = Object.keys(notRun).filter((beginning) => !lines.some(({ line }) => line.startsWith(beginning)));
    expect(stale).toEqual([]);
  });
});

describe('the lines of your own in docs/export-import.md', () => {
  it('are imported as they stand on the page', async () => {
    const page = readFileSync(join(repositoryRoot, 'docs/export-import.md'), 'utf8');
    const [, lines = ''] = /## Your own lines[\s\S]*?```json\n([\s\S]*?)```/.exec(page) ?? [];
    const [dataDir, file] = [testFolder(), join(testFolder(), 'lines.jsonl')];
    writeFileSync(file, lines);
    expect(await importReport(dataDir, file)).toMatchObject({
      format: 'json-lines',
      new: lines.trim().split('\n').length,
      skipped: 0,
      ignored_fields: {},
    });
    expect(await contentsOf(dataDir)).toMatchObject([
      { content: expect.any(String), source: 'import:json-lines', created_at: '2024-05-01T00:00:00.000Z' },
    ]);
  });
});

describe('the transcript', () => {
  /** Keys carry the time. */
  const withoutTimes = (text: string) => text.replace(/memory_\d{14}/g, 'memory_…');

  it.each(['README.md', 'README.ja.md'])('of %s is what a clone prints before its model is there', (page) => {
    const surroundings = makeSurroundings();
    onTestFinished(surroundings.remove);
    const env = {
      ...surroundings.env,
      MEMORY_MCP_EMBEDDINGS_MODEL: undefined,
      HF_ENDPOINT: 'http://127.0.0.1:9',
    };
    const clone = join(surroundings.env.HOME ?? '', 'memory-mcp');
    mkdirSync(join(clone, '.git'), { recursive: true });
    const [, transcript = ''] =
      /```console\n([\s\S]*?)```/.exec(readFileSync(join(repositoryRoot, page), 'utf8')) ?? [];
    const commands = [...transcript.matchAll(/^\$ (.*)$/gm)].map(([, command = '']) => command);
    expect(commands).toHaveLength(3);
    const printed = commands.map((command) => {
      const line = command.replace(/^npx memory-mcp/, `"${process.execPath}" "${binary}"`);
      return `$ ${command}\n${execFileSync('/bin/sh', ['-c', line], { env, cwd: clone, encoding: 'utf8', stdio: 'pipe' })}`;
    });
    expect(withoutTimes(printed.join(''))).toBe(withoutTimes(transcript));
  });
});

describe('links', () => {
  it.each(pages)('of %s lead somewhere, and the package carries what they lead to', (page) => {
    const text = readFileSync(join(repositoryRoot, page), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link = '']) => link);
    for (const link of links) {
      const target = join(dirname(page), link);
      expect([target, existsSync(join(repositoryRoot, target))]).toEqual([target, true]);
      const carried = manifest.files.some((each) => target === each || target.startsWith(`${each}/`));
      expect([target, carried || target === 'CONTRIBUTING.md']).toEqual([target, true]);
    }
  });
});
