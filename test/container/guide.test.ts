/**
 * docs/docker.md as its reader follows it: every command, from the first section to the last, in a clone. Its snippets of
 * YAML and JSON are read by the programs that they are for.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { skip } from '../support/containers.ts';
import {
  type CodeBlock,
  codeBlocks,
  type DockerProject,
  openDockerProject,
  provideQdrantImage,
} from '../support/docker-project.ts';

const blocks = codeBlocks('docker.md', 'Not run:');
const because = skip === undefined ? '' : ` (${skip})`;

/** What a block prints, by a part of its text. The others only have to succeed. */
const printed: [string, RegExp][] = [
  ['docker compose logs memory-mcp', /Authorization: Bearer [0-9a-f]{48}/],
  ['memory-mcp token\n', /[0-9a-f]{48}$/m],
  ['call memory_search', /allergic/],
  ['migrate sqlite-to-qdrant', /memory_default.* holds [0-9]+ vectors, as many as memory\.sqlite/],
  ['/api/get_context', /"persona":"default"/],
  ['docker inspect -f', /^(starting|healthy)$/m],
  ["'%{http_code}\\n'", /^200$/m],
  ['memory-mcp --help', /Usage: memory-mcp/],
  ['backup --keep 14', /memory-backup-/],
  ['restore "/$ARCHIVE"', /default/],
  ['docker image inspect', /^2[0-9]{8}$/m],
  ['ls -la /app /data', /access-token/],
];

let project: DockerProject;
let qdrant: ReturnType<typeof provideQdrantImage>;

/** What a reader has done by hand before the commands of a section. */
async function prepare({ section, text }: CodeBlock): Promise<void> {
  if (section === 'Qdrant') {
    const override = blocks.find((block) => block.section === section && block.language === 'yaml');
    project.write('docker-compose.override.yml', override?.text ?? '');
  } else project.remove('docker-compose.override.yml');
  if (blocks.findIndex((block) => block.text === text) > blocks.findIndex(({ section }) => section === 'Qdrant')) {
    if (!text.includes('up -d')) project.bash('docker compose up -d');
  }
  await project.settled();
}

describe.skipIf(skip !== undefined)(`docs/docker.md${because}`, () => {
  beforeAll(() => {
    project = openDockerProject();
    qdrant = provideQdrantImage();
  }, 300_000);
  afterAll(() => {
    project.close();
    if ('remove' in qdrant) qdrant.remove();
  });

  const commands = blocks.filter(({ language, notRun }) => language === 'bash' && notRun === undefined);
  it.each(commands)('$section: $text', { timeout: 300_000 }, async (block) => {
    await prepare(block);
    if (block.section === 'Qdrant' && 'missing' in qdrant) return;
    const { stdout, stderr } = project.bash(block.text);
    for (const [part, pattern] of printed) if (block.text.includes(part)) expect(stdout + stderr).toMatch(pattern);
    await project.settled();
  });

  it('the cron line makes a backup', async () => {
    project.bash('docker compose up -d');
    await project.settled();
    const [cron] = blocks.filter(({ language }) => language === 'cron');
    const { stdout, stderr } = project.bash(cron?.text.replace(/^(\S+ ){5}/, '') ?? 'exit 1');
    expect(stdout + stderr).toContain('memory-backup-');
  });

  it.each(blocks.filter(({ language }) => language === 'yaml'))('$section: Compose reads $text', ({ text }) => {
    project.write('snippet.yml', text);
    const { stdout } = project.bash('docker compose -f docker-compose.yml -f snippet.yml --profile qdrant config');
    expect(stdout).toContain('memory-mcp');
  });

  it('config.json is one that the server accepts, and VS Code gets JSON', () => {
    const [vscode, config] = blocks.filter(({ language }) => language === 'json');
    expect(JSON.parse(vscode?.text ?? '')).toHaveProperty('servers.memory.url');
    project.write('config.json', config?.text ?? '');
    const { stderr } = project.bash(
      'docker run --rm -v "$(pwd)/config.json:/config/config.json:ro" -e TZ=Asia/Tokyo memory-mcp:latest call memory_list',
    );
    expect(stderr).toBe('');
  });

  it('nginx gets the sample of http.md for the published port', () => {
    project.bash(commands.find(({ text }) => text.includes('memory-mcp.conf'))?.text ?? 'exit 1');
    const { stdout } = project.bash('cat memory-mcp.conf');
    expect(stdout).toMatch(/^upstream memory_mcp \{\n {4}server 127\.0\.0\.1:26262;/);
    expect(stdout.trimEnd()).toMatch(/\}$/);
  });

  it('leaves everything in ./data to the user of the server', () => {
    expect(statSync(join(project.data, 'memory')).uid).toBe(1000);
  });
});
