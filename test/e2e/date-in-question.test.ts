/** What a date in a question does, as docs/time.md shows it: its commands are run and print what it says. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { spawnServer } from '../support/server.ts';
import { binary, makeSurroundings, repositoryRoot } from '../support/surroundings.ts';

const page = readFileSync(join(repositoryRoot, 'docs/time.md'), 'utf8');
const [, transcript = ''] = /```console\n([\s\S]*?)```/.exec(page) ?? [];
const [, explained = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? [];
const server = { env: { MEMORY_MCP_TOOLS: 'full', MEMORY_MCP_TIMEZONE: 'Asia/Tokyo' } };

describe('a date in a question', () => {
  it('prefers what happened then, as docs/time.md shows', () => {
    const { env, remove } = makeSurroundings();
    onTestFinished(remove);
    const bin = join(env.HOME ?? '', 'bin');
    mkdirSync(bin, { recursive: true });
    symlinkSync(binary, join(bin, 'memory-mcp'));
    const steps = transcript.split(/^\$ /m).slice(1);
    expect(steps.length).toBeGreaterThan(4);
    for (const step of steps) {
      const [command = '', ...promised] = step.trimEnd().split('\n');
      const PATH = `${bin}:${env.PATH}`;
      const printed = execFileSync('/bin/sh', ['-c', command], { env: { ...env, PATH }, encoding: 'utf8' });
      if (promised.length > 0) expect([command, printed.trimEnd()]).toEqual([command, promised.join('\n')]);
    }
  });

  it('is named by recall_explain with what it added, as docs/time.md shows', async () => {
    const { call, create } = await spawnServer(server);
    const { key } = await create('The team went to the aquarium.', { occurred_at: '2025-07-16' });
    const explain = async (query: string) => (await call('recall_explain', { query, key })).structured;
    expect(await explain('Where did the team go in June 2025?')).toMatchObject(JSON.parse(explained));
    expect(await explain('Where did the team go on 16 July 2025?')).toMatchObject({
      date_in_question: { from: '2025-07-16', before: '2025-07-17', days_away: 0, added: 3 },
    });
    expect(await explain('Where did the team go?')).not.toHaveProperty('date_in_question');
  });

  it('is that of the same day in Japanese', async () => {
    const { call, create } = await spawnServer(server);
    const { key } = await create('チームで水族館に行った', { occurred_at: '先月の3日' });
    const { structured } = await call('recall_explain', { query: '先月の3日はどこに行った？', key });
    expect(structured).toMatchObject({ date_in_question: { days_away: 0, added: 3 } });
  });
});
