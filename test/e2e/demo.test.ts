/** `demo` through the built program: what it shows is what happened, and nothing of it stays. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tinyModels } from '../support/model-servers.ts';
import { runCommand } from '../support/run-command.ts';
import { testFolder } from '../support/stores.ts';

/** Temporary folders of the program lie here, so that what it leaves is seen. */
function makeTemporary(): string {
  const temporary = join(testFolder(), 'temporary');
  mkdirSync(temporary);
  return temporary;
}

const demoFolder = /in the data folder (\S+)/;

describe('demo', () => {
  it('shows five things as promised, readable without colour, and removes its folder', async () => {
    const TMPDIR = makeTemporary();
    const dataDir = join(testFolder(), 'of-the-user');
    const { out, err, code } = await runCommand(['demo'], { dataDir, env: { TMPDIR } });

    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.match(/^\d\. .*/gm)).toHaveLength(5);
    expect(out.match(/^ {2}ok: /gm)).toHaveLength(5);
    expect(out).toContain('searched by words: the settings turn the model off');
    expect(out).toMatch(/version 2: .*PostgreSQL.*\n {2}version 1: .*MySQL 8/);
    expect(out).toMatch(/process \d+, stored a memory and was killed/);
    expect(out).toMatch(/that hold the text about Hana: [1-9]/);
    expect(out).toContain('files that hold it now: 0');
    expect(out).not.toContain('\u001b');
    expect(out).toContain(TMPDIR);
    expect([readdirSync(TMPDIR), existsSync(dataDir)]).toEqual([[], false]);
  });

  it('says so where it searches by meaning, too', async () => {
    const TMPDIR = makeTemporary();
    const env = tinyModels({ MEMORY_MCP_INFERENCE: 'own', TMPDIR });
    const { out, code } = await runCommand(['demo'], { env });
    expect(code).toBe(0);
    expect(out).toMatch(/searched by words and by meaning, with the model .*tiny-embed/);
    expect(out).toContain('ok: meaning was searched, too');
    expect(readdirSync(TMPDIR)).toEqual([]);
  });

  it('names the model that is missing, and how to get it, and downloads nothing', async () => {
    const env = { TMPDIR: makeTemporary(), MEMORY_MCP_EMBEDDINGS_MODEL: 'somebody/something' };
    const { out, err, code } = await runCommand(['demo'], { env });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('somebody/something is not on this machine; memory-mcp download-models gets one');
  });

  it('keeps its folder with --keep, and says where', async () => {
    const { out, code } = await runCommand(['demo', '--keep'], { env: { TMPDIR: makeTemporary() } });
    const [, folder = ''] = demoFolder.exec(out) ?? [];
    expect(code).toBe(0);
    expect(out).toContain(`The folder is kept: ${folder}`);
    const { out: found } = await runCommand(['call', 'memory_search', '{"query":"harbour"}', '--persona', 'demo'], {
      dataDir: folder,
    });
    expect(found).toContain('photos of the harbour');
  });
});
