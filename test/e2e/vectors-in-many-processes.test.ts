/**
 * Several processes write and search the vectors of one persona at the same time: the file is a cache that any of them
 * may write, and the truth is SQLite.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { VectorCommand } from '../support/vector-process.ts';

const children: ChildProcess[] = [];
const folders: string[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

interface VectorProcess {
  readonly ask: (command: VectorCommand) => Promise<string[]>;
  readonly child: ChildProcess;
}

async function start(dataFolder: string, name: string): Promise<VectorProcess> {
  const child = fork(join(import.meta.dirname, '..', 'support', 'vector-process.ts'), [dataFolder, name], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  children.push(child);
  const reply = async (): Promise<string[]> => {
    const [message]: { keys?: string[]; error?: string }[] = await once(child, 'message');
    if (message?.keys === undefined) throw new Error(message?.error ?? 'no answer');
    return message.keys;
  };
  await reply();
  return {
    child,
    ask: (command) => {
      const answer = reply();
      child.send(command);
      return answer;
    },
  };
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'memory-mcp-processes-'));
  folders.push(folder);
  return folder;
}

describe('three processes on one persona', () => {
  it('find every vector that any of them wrote, and no snapshot loses one', async () => {
    const dataFolder = newFolder();
    const processes = await Promise.all(['one', 'two', 'three'].map((name) => start(dataFolder, name)));
    const rounds = 4;
    const perRound = 15;
    for (let round = 0; round < rounds; round++) {
      const written = await Promise.all(
        processes.map(({ ask }, number) =>
          ask({
            do: 'add',
            texts: Array.from({ length: perRound }, (_, index) => `note ${round} ${index} of process ${number} 京都`),
          }),
        ),
      );
      expect(new Set(written.flat()).size).toBe(3 * perRound);
      await Promise.all(processes.map(({ ask }) => ask({ do: 'snapshot' })));
    }
    const everything = rounds * perRound * 3;
    for (const { ask } of processes) {
      expect(await ask({ do: 'nearest', text: 'note of process 京都', limit: 1_000 })).toHaveLength(everything);
    }
    await Promise.all(processes.map(({ ask }) => ask({ do: 'close' })));

    const later = await start(dataFolder, 'later');
    expect(new Set(await later.ask({ do: 'nearest', text: 'note 京都', limit: 1_000 })).size).toBe(everything);
  });

  it('lose nothing when one of them is killed while it writes snapshots', async () => {
    const dataFolder = newFolder();
    const [survivor, victim] = await Promise.all([start(dataFolder, 'survivor'), start(dataFolder, 'victim')]);
    const acknowledged = await victim.ask({
      do: 'add',
      texts: Array.from({ length: 40 }, (_, index) => `memory ${index}`),
    });
    victim.child.send({ do: 'snapshot' });
    victim.child.kill('SIGKILL');
    const found = await survivor.ask({ do: 'nearest', text: 'memory', limit: 100 });
    expect(found.toSorted()).toEqual(acknowledged.toSorted());
  });
});
