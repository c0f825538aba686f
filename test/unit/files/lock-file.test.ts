import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it, onTestFinished } from 'vitest';
import { takeLock } from '../../../src/files/lock-file.ts';

function lockPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'memory-mcp-lock-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'lock');
}

async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  for (let round = 0; round < 3; round++) {
    collect();
    await pause(1);
  }
}

it('a lock belongs to one holder until it is released', async () => {
  const path = lockPath();
  const lock = await takeLock(path);
  expect(await takeLock(path)).toBeUndefined();
  lock?.release();
  const next = await takeLock(path);
  expect(next).toBeDefined();
  next?.release();
});

it('a lock is held by a process that keeps no reference to it', async () => {
  const path = lockPath();
  expect((await takeLock(path)) === undefined).toBe(false);
  await collectGarbage();
  expect(await takeLock(path)).toBeUndefined();
});
