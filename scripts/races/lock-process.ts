/**
 * One of the processes that race for a lock. A line of input is a moment in milliseconds since 1970 at which it tries to
 * take the lock of its argument, or `release`. It answers with `taken`, `missed` or `released`.
 */
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { type LockFile, takeLock } from '../../src/files/lock-file.ts';

const [path = ''] = process.argv.slice(2);
let lock: LockFile | undefined;

/** Timers are exact to a millisecond or two; the rest is waited for, so that all try in the same instant. */
async function waitUntil(moment: number): Promise<void> {
  const now = () => performance.timeOrigin + performance.now();
  await pause(Math.max(0, moment - now() - 3));
  while (now() < moment);
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'release') {
    lock?.release();
    lock = undefined;
    process.stdout.write('released\n');
  } else {
    await waitUntil(Number(line));
    lock = await takeLock(path);
    process.stdout.write(lock === undefined ? 'missed\n' : 'taken\n');
  }
}
