/**
 * Data folders of another user, and on a file system without what SQLite needs, over the built program: each has a
 * message of its own, with the next step.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, chownSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { binary, makeSurroundings } from '../support/surroundings.ts';

function surroundings() {
  const made = makeSurroundings();
  onTestFinished(() => made.remove());
  return made;
}

const stranger = 65534;

/** Whether another user can read the program: a clone in root's home is closed to it. */
function opensToOthers(): boolean {
  const test = spawnSync(process.execPath, [binary, '--version'], { uid: stranger, gid: stranger });
  return test.status === 0;
}

const asStranger = process.platform === 'linux' && process.getuid?.() === 0 && opensToOthers();

describe.skipIf(!asStranger)('a data folder of another user (needs root, and a clone that others can read)', () => {
  /** Runs a command as somebody who owns nothing here. */
  function runAsStranger(env: Readonly<Record<string, string>>, ...args: string[]) {
    const options = { env: { ...env }, uid: stranger, gid: stranger, encoding: 'utf8', timeout: 20_000 } as const;
    return spawnSync(process.execPath, [binary, ...args], { ...options, input: '' });
  }

  it.each([
    ['the folder itself', []],
    ['a folder in it', ['memory']],
    ['the folder of the persona', ['memory', 'default']],
  ])('is named at the start and by the first write, with the uid and the command: %s', (_, parts) => {
    const { dataDir, env } = surroundings();
    chmodSync(dirname(dataDir), 0o755);
    const denied = join(dataDir, ...parts);
    mkdirSync(denied, { recursive: true });
    for (let path = denied; path !== dirname(dataDir); path = dirname(path)) {
      if (path !== denied) chownSync(path, stranger, stranger);
    }
    const message = `${denied} belongs to uid 0, and memory-mcp runs as uid ${stranger}`;
    const command = `chown -R ${stranger}:${stranger} ${denied}`;
    const server = runAsStranger(env, 'serve', '--stdio');
    expect([server.status, server.stderr]).toEqual([0, expect.stringContaining(message)]);
    expect(server.stderr).toContain(command);
    const write = runAsStranger(env, 'call', 'memory_create', '{"content": "x"}');
    expect(write.status).toBe(1);
    for (const part of [message, command]) expect(write.stderr).toContain(part);
  });

  it('is no matter for who owns it', () => {
    const { dataDir, env } = surroundings();
    chmodSync(dirname(dataDir), 0o755);
    mkdirSync(dataDir, { mode: 0o700 });
    chownSync(dataDir, stranger, stranger);
    expect(runAsStranger(env, 'serve', '--stdio')).toMatchObject({ status: 0, stderr: '' });
    expect(runAsStranger(env, 'call', 'memory_create', '{"content": "x"}')).toMatchObject({ status: 0, stderr: '' });
  });

  it('that its own owner may not write is told apart from that of another user', () => {
    const { dataDir, env } = surroundings();
    chmodSync(dirname(dataDir), 0o755);
    mkdirSync(dataDir, { mode: 0o500 });
    chownSync(dataDir, stranger, stranger);
    expect(runAsStranger(env, 'serve', '--stdio').stderr).toContain(`chmod u+rwX ${dataDir}`);
  });
});

/** Makes shared mappings of `-shm` files fail, as they do on some network shares. */
const withoutSharedMappings = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int isShm(int file) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path);
  return length > 4 && memcmp(path + length - 4, "-shm", 4) == 0;
}

void *mmap64(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  static void *(*original)(void *, size_t, int, int, int, off_t);
  if (original == NULL) original = dlsym(RTLD_NEXT, "mmap64");
  if (file >= 0 && (flags & MAP_SHARED) && isShm(file)) {
    errno = ENODEV;
    return MAP_FAILED;
  }
  return original(address, length, protection, flags, file, offset);
}

void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  return mmap64(address, length, protection, flags, file, offset);
}
`;

const compiler = ['/usr/bin/cc', '/usr/bin/gcc'].find((path) => {
  try {
    accessSync(path, constants.X_OK);
    return process.platform === 'linux';
  } catch {
    return false;
  }
});

describe.skipIf(compiler === undefined)('a file system without shared memory (needs Linux and a C compiler)', () => {
  it('is named as such, with where the data folder should be', () => {
    const { dataDir, env } = surroundings();
    const [source, library] = [`${dataDir}.c`, `${dataDir}.so`];
    writeFileSync(source, withoutSharedMappings);
    const compiled = spawnSync(compiler ?? '', ['-shared', '-fPIC', '-o', library, source, '-ldl'], {
      encoding: 'utf8',
    });
    expect(compiled).toMatchObject({ status: 0 });
    const args = [binary, 'call', 'memory_create', '{"content": "x"}'];
    const made = spawnSync(process.execPath, args, { env: { ...env, LD_PRELOAD: library }, encoding: 'utf8' });
    expect([made.status, made.stderr]).toEqual([1, expect.stringContaining('lacks what SQLite needs')]);
    expect(made.stderr).toContain('local disk');
    expect(spawnSync(process.execPath, args, { env, encoding: 'utf8' }).status).toBe(0);
  });
});
