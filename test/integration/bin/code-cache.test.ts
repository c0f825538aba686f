/** The launcher's code cache: kept code is used where it fits, never where it does not, and never in the way. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

interface Loaded {
  readonly program: { answer(): unknown; place: string; below: unknown };
  readonly codeUsed: boolean;
  keepCode(): void;
}
interface Place {
  readonly file: string;
  readonly folder: string;
  readonly version: string;
}
type Parts = Omit<Place, 'folder'> & { readonly folder: string | undefined };

const require = createRequire(import.meta.url);
const launcher: { loadProgram(parts: Parts & { readonly keepAfter: number }): Loaded } =
  require('../../../bin/code-cache.js');
const loadProgram = (place: Parts) => launcher.loadProgram({ ...place, keepAfter: 0 });
const {
  codeCacheFolder,
}: {
  codeCacheFolder(parts: {
    platform: string;
    environment: Record<string, string | undefined>;
    home: () => string;
  }): string | undefined;
} = require('../../../bin/start.js');

const isRoot = process.getuid?.() === 0;
const hasModes = process.platform !== 'win32';

function program(answer: string): string {
  return `exports.answer = () => ${JSON.stringify(answer)}; exports.place = __filename; exports.below = require('./below.json');`;
}

function makePlace(): Place {
  const root = mkdtempSync(join(tmpdir(), 'code-cache-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const file = join(root, 'program.cjs');
  writeFileSync(file, program('one'));
  writeFileSync(join(root, 'below.json'), '{"found":true}');
  return { file, folder: join(root, 'cache', 'code'), version: '1.0.0' };
}

/** Loads, runs and keeps; resolves when the code is on disk. */
async function keep(place: Place): Promise<void> {
  const before = stampOf(place);
  const { program, keepCode } = loadProgram(place);
  program.answer();
  keepCode();
  await vi.waitFor(() => expect(stampOf(place)).not.toBe(before), { timeout: 10_000 });
}

function filesIn({ folder }: Place): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function keptFile(place: Place): string {
  const [name, ...others] = filesIn(place).filter((file) => file.startsWith(`${place.version}-`));
  if (name === undefined || others.length > 0) throw new Error(`expected one file, found ${filesIn(place)}`);
  return join(place.folder, name);
}

/** Changes with every file that is written: the clock of a file system may stand still between two of them. */
function stampOf(place: Place): string {
  return filesIn(place)
    .map((name) => `${name} ${statSync(join(place.folder, name)).ino} ${statSync(join(place.folder, name)).mtimeMs}`)
    .join();
}

/** Long enough for something to be written that must not be. */
const untilWritten = () => new Promise((resolve) => setTimeout(resolve, 300));

describe('a program that the launcher loads', () => {
  it('runs as a module of its own folder, with and without a cache', () => {
    const place = makePlace();
    for (const folder of [undefined, place.folder]) {
      const { program, codeUsed } = loadProgram({ ...place, folder });
      expect(program.answer()).toBe('one');
      expect(program.place).toBe(place.file);
      expect(program.below).toEqual({ found: true });
      expect(codeUsed).toBe(false);
    }
  });

  it('may be written in any script', async () => {
    const place = makePlace();
    writeFileSync(place.file, program('苺 é 😀'));
    await keep(place);
    const { program: again, codeUsed } = loadProgram(place);
    expect(codeUsed).toBe(true);
    expect(again.answer()).toBe('苺 é 😀');
  });

  it('leaves nothing behind until it is asked to', async () => {
    const place = makePlace();
    loadProgram(place).program.answer();
    await untilWritten();
    expect(existsSync(place.folder)).toBe(false);
  });

  it('starts from kept code the next time', async () => {
    const place = makePlace();
    await keep(place);
    const { program, codeUsed } = loadProgram(place);
    expect(codeUsed).toBe(true);
    expect(program.answer()).toBe('one');
    expect(program.below).toEqual({ found: true });
  });

  it.skipIf(!hasModes)('keeps it readable for its user alone', async () => {
    const place = makePlace();
    await keep(place);
    expect(statSync(place.folder).mode & 0o777).toBe(0o700);
    expect(statSync(keptFile(place)).mode & 0o777).toBe(0o600);
  });
});

describe('kept code that does not fit', () => {
  it('is not run for another text of the same length, and is replaced', async () => {
    const place = makePlace();
    await keep(place);
    writeFileSync(place.file, program('two'));
    const changed = loadProgram(place);
    expect(changed.codeUsed).toBe(false);
    expect(changed.program.answer()).toBe('two');

    await keep(place);
    const again = loadProgram(place);
    expect(again.codeUsed).toBe(true);
    expect(again.program.answer()).toBe('two');
  });

  it('of another version is left alone', async () => {
    const place = makePlace();
    await keep(place);
    const newer = { ...place, version: '2.0.0' };
    expect(loadProgram(newer).codeUsed).toBe(false);
    await keep(newer);
    expect(filesIn(place)).toHaveLength(2);
    expect(loadProgram(place).codeUsed).toBe(true);
    expect(loadProgram(newer).codeUsed).toBe(true);
  });

  it('names the version, the Node and the processor that it is for', async () => {
    const place = makePlace();
    await keep(place);
    expect(filesIn(place)).toEqual([`1.0.0-node-${process.versions.node}-${process.arch}`]);
  });

  const damages: Record<string, (code: Buffer) => Buffer> = {
    'cut short': (code) => code.subarray(0, code.length - 100),
    'cut to its beginning': (code) => code.subarray(0, 6),
    empty: () => Buffer.alloc(0),
    'another file altogether': () => Buffer.from('<html>no</html>'.repeat(100)),
    'changed in one bit': (code) => {
      const changed = Buffer.from(code);
      const middle = changed.length >> 1;
      changed.writeUInt8(changed.readUInt8(middle) ^ 1, middle);
      return changed;
    },
  };
  it.each(Object.keys(damages))('because it is %s is not run, and is replaced', async (damage) => {
    const place = makePlace();
    await keep(place);
    const file = keptFile(place);
    const whole = readFileSync(file);
    writeFileSync(file, damages[damage]?.(whole) ?? whole);

    const { program, codeUsed } = loadProgram(place);
    expect(codeUsed).toBe(false);
    expect(program.answer()).toBe('one');
    await keep(place);
    expect(loadProgram(place).codeUsed).toBe(true);
  });
});

describe('a folder for code', () => {
  async function expectUnused(place: Place): Promise<void> {
    const { program, codeUsed, keepCode } = loadProgram(place);
    expect(program.answer()).toBe('one');
    expect(codeUsed).toBe(false);
    keepCode();
    await untilWritten();
  }

  it.skipIf(!hasModes)('that others can write to is neither read nor written', async () => {
    const place = makePlace();
    await keep(place);
    chmodSync(place.folder, 0o777);
    const before = stampOf(place);
    await expectUnused(place);
    expect(stampOf(place)).toBe(before);
  });

  // Only root can give a folder away.
  it.skipIf(!isRoot)('of another user is neither read nor written', async () => {
    const place = makePlace();
    await keep(place);
    chownSync(place.folder, 12_345, 12_345);
    const before = stampOf(place);
    await expectUnused(place);
    expect(stampOf(place)).toBe(before);
  });

  it.skipIf(!hasModes)('that is a link to somewhere else is neither read nor written', async () => {
    const place = makePlace();
    await keep(place);
    const link = join(place.folder, '..', 'link');
    symlinkSync(place.folder, link);
    await expectUnused({ ...place, folder: link });
    expect(filesIn(place)).toHaveLength(1);
  });

  // Root writes wherever it likes.
  it.skipIf(isRoot || !hasModes)('that cannot be written is no hindrance', async () => {
    const place = makePlace();
    mkdirSync(join(place.folder, '..'));
    chmodSync(join(place.folder, '..'), 0o500);
    await expectUnused(place);
    expect(existsSync(place.folder)).toBe(false);
  });

  it('does not matter when a file is in its place', async () => {
    const place = makePlace();
    mkdirSync(join(place.folder, '..'));
    writeFileSync(place.folder, 'a file');
    await expectUnused(place);
    expect(readFileSync(place.folder, 'utf8')).toBe('a file');
    await expectUnused({ ...place, folder: join(place.folder, 'below', 'it') });
  });

  it('loses what has not been written for a month', async () => {
    const place = makePlace();
    mkdirSync(place.folder, { recursive: true, mode: 0o700 });
    const [old, recent] = ['0.9.0-node-18.0.0-x64', '0.9.1-node-20.0.0-x64'];
    const daysAgo = (days: number) => Date.now() / 1000 - days * 86_400;
    for (const [name, days] of [
      [old, 31],
      [recent, 29],
    ] as const) {
      writeFileSync(join(place.folder, name), '');
      utimesSync(join(place.folder, name), daysAgo(days), daysAgo(days));
    }
    await keep(place);
    await vi.waitFor(() => expect(filesIn(place)).toHaveLength(2));
    expect(filesIn(place)).not.toContain(old);
    expect(filesIn(place)).toContain(recent);
  });
});

describe('the place of kept code', () => {
  const home = () => '/home/ann';

  it('is in the cache folder that env-paths names for this platform', () => {
    const { cache } = envPaths('memory-mcp', { suffix: '' });
    expect(codeCacheFolder({ platform: process.platform, environment: process.env, home: homedir })).toBe(
      join(cache, 'code'),
    );
  });

  it.skipIf(process.platform === 'win32')('is below the home folder unless a variable names another', () => {
    const place = (platform: string, environment = {}) => codeCacheFolder({ platform, environment, home });
    expect(place('linux')).toBe('/home/ann/.cache/memory-mcp/code');
    expect(place('linux', { XDG_CACHE_HOME: '/var/cache/ann' })).toBe('/var/cache/ann/memory-mcp/code');
    expect(place('linux', { XDG_CACHE_HOME: '' })).toBe('/home/ann/.cache/memory-mcp/code');
    expect(place('darwin')).toBe('/home/ann/Library/Caches/memory-mcp/code');
    expect(place('win32', { LOCALAPPDATA: '/c/local' })).toBe('/c/local/memory-mcp/Cache/code');
    expect(place('win32')).toBe('/home/ann/AppData/Local/memory-mcp/Cache/code');
  });

  it('is nowhere where a folder of the user cannot be told, or where Node itself is told not to keep code', () => {
    const place = (environment: Record<string, string>, where = home) =>
      codeCacheFolder({ platform: 'linux', environment, home: where });
    expect(place({ XDG_CACHE_HOME: 'cache' })).toBeUndefined();
    expect(place({}, () => '')).toBeUndefined();
    expect(
      place({}, () => {
        throw new Error('no such user');
      }),
    ).toBeUndefined();
    expect(place({ NODE_DISABLE_COMPILE_CACHE: '1' })).toBeUndefined();
  });
});
