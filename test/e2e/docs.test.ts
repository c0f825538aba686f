/**
 * What the README and the pages beside it tell a user to type: every block of shell is run, or stands below with the
 * reason why it is not, and every link leads somewhere.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { testFolder } from '../support/stores.ts';
import { binary, makeSurroundings, repositoryRoot } from '../support/surroundings.ts';

const pages = ['README.md', 'README.ja.md', 'SECURITY.md'].concat(
  ['clients', 'hooks', 'migration', 'migration.ja', 'security', 'configuration', 'models'].map(
    (name) => `docs/${name}.md`,
  ),
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
      .split('\n')
      .filter((line) => (language === 'sh' ? line.trim() !== '' && !line.startsWith('#') : line.startsWith('$ ')))
      .map((line) => ({ page, line: line.replace(/^\$ /, '') })),
  );
}

const lines = pages.flatMap(shellLines);
const reasonFor = (line: string) => Object.entries(notRun).find(([beginning]) => line.startsWith(beginning))?.[1];

describe('what users are told to type', () => {
  const runnable = lines.filter(({ line }) => reasonFor(line) === undefined);

  it.each(runnable)('$page: $line', ({ line }) => {
    const { env, remove } = makeSurroundings();
    const bin = join(testFolder(), 'bin');
    mkdirSync(bin);
    mkdirSync(env.HOME ?? '', { recursive: true });
    // As after an installation; `npx memory-mcp` runs the same program.
    symlinkSync(binary, join(bin, 'memory-mcp'));
    const path = `${bin}:${env.PATH}`;
    const command = line.replace(/^npx memory-mcp/, 'memory-mcp');
    try {
      const memory = { content: 'The billing service uses PostgreSQL 16 as its database.' };
      execFileSync(binary, ['call', 'memory_create', JSON.stringify(memory)], { env });
      const out = execFileSync('/bin/sh', ['-c', command], { env: { ...env, PATH: path }, encoding: 'utf8' });
      expect(out).not.toBe('');
    } finally {
      remove();
    }
  });

  it('has no reason for a line that no page has any more', () => {
    const stale = Object.keys(notRun).filter((beginning) => !lines.some(({ line }) => line.startsWith(beginning)));
    expect(stale).toEqual([]);
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
