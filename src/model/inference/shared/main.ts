/**
 * Entry point of the shared host, in a bundle of its own. It listens only while it holds the lock of its address, which
 * the system releases with the process. It ends when it is unused, when it is asked to, and when its files are gone.
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { systemClock } from '../../../core/clock.ts';
import { reasonOf } from '../../../core/errors.ts';
import { secondLength } from '../../../core/time/durations.ts';
import { fileIdentity } from '../../../files/file-identity.ts';
import { takeLock } from '../../../files/lock-file.ts';
import { privateFileMode } from '../../../files/private-modes.ts';
import { replaceCacheFile } from '../../../files/replace-file.ts';
import { findBundledInference } from '../inference-process.ts';
import { createLocalInference } from '../local-inference.ts';
import { type HostAddress, hostAddress } from './host-address.ts';
import { type HostOrder, hostExits } from './host-order.ts';
import { createInferenceHost } from './inference-host.ts';
import { openPrivateFolder } from './private-folder.ts';

const placeCheckMilliseconds = 2 * secondLength;
const onWindows = process.platform === 'win32';

process.title = 'memory-mcp inference host';
// The server that started this process may be gone, and with it the other end of the pipe.
process.stderr.on('error', () => {});
process.umask(0o077);
process.on('SIGINT', () => {}).on('SIGHUP', () => {});

void start().catch((error: unknown) => {
  process.stderr.write(`${reasonOf(error)}\n`);
  process.exit(hostExits.failed);
});

async function start(): Promise<void> {
  // Written by `startHost` of the same program.
  const order = JSON.parse(process.argv[2] ?? '{}') as HostOrder;
  const address = hostAddress(order.folder, { ...order, entry: __filename });
  // The program was replaced on the disk since the server was started.
  if (address.id !== order.id) process.exit(hostExits.otherProgram);
  const secret = openPrivateFolder(address);
  const lock = await takeLock(address.lock);
  if (lock === undefined) process.exit(hostExits.taken);
  replaceCacheFile(address.holder, JSON.stringify({ pid: process.pid }));
  await listen(address, secret);
}

async function listen(address: HostAddress, secret: Buffer): Promise<void> {
  let leaving = false;
  const leave = async () => {
    if (leaving) return;
    leaving = true;
    await host.leave();
    // The lock goes with the process, and only then may the next host listen. Closing the listener instead would remove
    // the socket of the next one if the files were replaced.
    process.exit(hostExits.done);
  };
  const host = createInferenceHost({
    openRunner: (logger) =>
      createLocalInference({ command: findBundledInference, idleMinutes: undefined, clock: systemClock, logger }),
    secret,
    address: address.id,
    onUnused: () => void leave(),
  });
  process.on('SIGTERM', () => void leave());

  // The lock is held, so a socket that is there has no owner.
  if (!onWindows) rmSync(address.socket, { force: true });
  const listener = createServer((stream) => host.accept(stream));
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject).listen(address.socket, resolve);
  });
  if (!onWindows) chmodSync(address.socket, privateFileMode);

  const places = onWindows ? [address.lock] : [address.lock, address.socket];
  const identify = () => places.map(fileIdentity).join();
  const identity = identify();
  // New servers would no longer find this process, and start another one.
  setInterval(() => identify() !== identity && void leave(), placeCheckMilliseconds);
}
