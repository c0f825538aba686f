/** What every format that can be imported has to do, each with its sample. */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ImportItem } from '../../src/transfer/format.ts';
import { chooseFormat, importFormats } from '../../src/transfer/formats/index.ts';
import { openInput } from '../../src/transfer/input.ts';
import { type ImportSample, importSamples } from '../support/import-samples.ts';
import { failureOf, testFolder } from '../support/stores.ts';

const reading = { timeZone: 'Asia/Tokyo', now: '2026-11-24T00:30:00.000Z' };

const missing = ['python3', 'iconv'].filter((tool) => spawnSync(tool, ['--version']).status !== 0);
const because = missing.length === 0 ? '' : ` (skipped: ${missing.join(' and ')} not found)`;

/** The items of a path, and the name of the format that was recognised. */
async function read(path: string): Promise<{ format: string; items: ImportItem[] }> {
  const input = await openInput(path);
  onTestFinished(() => input.close());
  const { format, documents } = await chooseFormat(input, undefined);
  const items: ImportItem[] = [];
  for (const document of documents) for await (const item of format.read(document, reading)) items.push(item);
  return { format: format.name, items };
}

function write(name: string, bytes: string | Buffer): string {
  const path = join(testFolder(), name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}

const contentsOf = (items: readonly ImportItem[]) =>
  items.flatMap((item) => (item.kind === 'memory' ? [item.memory.content] : []));

describe.each(importSamples)('the format $format', (sample: ImportSample) => {
  it('is recognised, and gives one memory for each fact or turn', async () => {
    const { format, items } = await read(write(sample.name, sample.text));
    expect(format).toBe(sample.format);
    expect(contentsOf(items)).toEqual(sample.contents);
    expect(items.flatMap((item) => (item.kind === 'skipped' ? [item.reason] : []))).toEqual(sample.skipped);
    for (const item of items) {
      if (item.kind !== 'memory') continue;
      expect(item.memory.source).toBe(sample.source ?? `import:${sample.format}`);
      expect(item.place).not.toBe('');
    }
  });

  it('gives the same keys when it is read again', async () => {
    const keys = async () =>
      (await read(write(sample.name, sample.text))).items.map((item) =>
        item.kind === 'memory' ? item.memory.key : '',
      );
    expect(await keys()).toEqual(await keys());
    expect(new Set((await keys()).filter(Boolean)).size).toBe(sample.contents.length);
  });

  it('is read as UTF-16 with a byte order mark and as UTF-8 with one', async () => {
    const utf16 = Buffer.from(`\ufeff${sample.text}`, 'utf16le');
    expect(contentsOf((await read(write(sample.name, utf16))).items)).toEqual(sample.contents);
    expect(contentsOf((await read(write(sample.name, utf16.swap16()))).items)).toEqual(sample.contents);
    expect(contentsOf((await read(write(sample.name, `\ufeff${sample.text}`))).items)).toEqual(sample.contents);
  });

  it.skipIf(missing.length > 0)(`is refused in another encoding, by its name${because}`, async () => {
    const encode = (encoding: string) => execFileSync('iconv', ['-f', 'UTF-8', '-t', encoding], { input: sample.text });
    for (const [encoding, name] of [
      ['SHIFT_JIS', 'Shift_JIS'],
      ['EUC-JP', 'EUC-JP'],
      ['UTF-16LE', 'UTF-16LE without a byte order mark'],
      ['UTF-16BE', 'UTF-16BE without a byte order mark'],
      ['UTF-32LE', 'not UTF-8'],
    ] as const) {
      const { code, message } = await failureOf(() => read(write(sample.name, encode(encoding))));
      expect({ encoding, code, message }).toMatchObject({
        code: 'invalid_input',
        message: expect.stringContaining(name),
      });
    }
  });

  it('is refused when it is cut off within a record', async () => {
    for (const share of sample.cuts ?? [0.3, 0.6, 0.9]) {
      const bytes = Buffer.from(sample.text);
      const cut = Math.floor(bytes.length * share);
      const before = bytes
        .subarray(0, cut)
        .toString('utf8')
        .replace(/\n$/, '')
        .replace(/\ufffd$/, '');
      const { code } = await failureOf(() => read(write(sample.name, before)));
      expect(['corrupt', 'invalid_input']).toContain(code);
    }
  });

  it('is refused in a version that is not known', async () => {
    const { code } = await failureOf(() => read(write(sample.name, sample.unknown ?? '')));
    expect(['corrupt', 'invalid_input']).toContain(code);
  });

  it.skipIf(missing.length > 0)(
    `is read out of a ZIP archive, and a damaged archive is refused${because}`,
    async () => {
      const file = write(join('data', sample.name), sample.text);
      const archive = join(testFolder(), 'export.zip');
      execFileSync('python3', [
        '-c',
        'import sys,zipfile; z=zipfile.ZipFile(sys.argv[1],"w",zipfile.ZIP_DEFLATED); z.write(sys.argv[2],sys.argv[3])',
        archive,
        file,
        `data/${sample.name}`,
      ]);
      const { format, items } = await read(archive);
      expect({ format, contents: contentsOf(items) }).toEqual({ format: sample.format, contents: sample.contents });
      const bytes = readFileSync(archive);
      // The checksum in the directory of the archive, which follows the data.
      const at = bytes.indexOf('PK\u0001\u0002') + 16;
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      const { code, message } = await failureOf(() => read(write('bad.zip', bytes)));
      expect({ code, message }).toMatchObject({ code: 'corrupt', message: expect.stringContaining('the checksum of') });
      const cut = await failureOf(() => read(write('cut.zip', readFileSync(archive).subarray(0, -30))));
      expect(cut.code).toBe('corrupt');
    },
  );
});

it('there is a sample of every format', () => {
  expect(importSamples.map(({ format }) => format).sort()).toEqual(importFormats.map(({ name }) => name).sort());
});

describe('a folder', () => {
  it('is read without the files that are not in its format, which are named with the reason', async () => {
    const transcript = importSamples.find(({ format }) => format === 'claude-code');
    const folder = testFolder();
    const files = {
      'a-log.jsonl': '{"level":"info"}\n',
      'b-empty.jsonl': '',
      'c-session.jsonl': transcript?.text ?? '',
      'd-latin.jsonl': Buffer.from([0x7b, 0xe9, 0xff, 0x7d]),
      'notes.txt': 'no candidate',
    };
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
    const { format, documents, unrecognized } = await chooseFormat(await openInput(folder), undefined);
    expect({ format: format.name, documents: documents.map(({ name }) => name), unrecognized }).toEqual({
      format: 'claude-code',
      documents: ['c-session.jsonl'],
      unrecognized: [
        { name: 'a-log.jsonl', reason: 'a file that is not in the format claude-code' },
        { name: 'b-empty.jsonl', reason: 'a file that is not in the format claude-code' },
        { name: 'd-latin.jsonl', reason: expect.stringContaining('not UTF-8') },
      ],
    });
  });

  it('is refused if none of its files is in a known format, with what is wrong with the one that cannot be read', async () => {
    const folder = testFolder();
    writeFileSync(join(folder, 'a.jsonl'), Buffer.from('\ufeff{"content":"x"}', 'utf16le').subarray(2));
    const { code, hint } = await failureOf(async () => chooseFormat(await openInput(folder), undefined));
    expect({ code, hint }).toMatchObject({ code: 'invalid_input', hint: expect.stringContaining('UTF-16LE without') });
  });
});

describe('a transcript that is being written', () => {
  const text = importSamples.find(({ format }) => format === 'claude-code')?.text ?? '';

  it('is read without its last line if that is not complete', async () => {
    const records = text.trimEnd().split('\n');
    const cut = `${records.slice(0, 3).join('\n')}\n${records[3]?.slice(0, 40)}`;
    const { items } = await read(write('session.jsonl', cut));
    expect(contentsOf(items)).toEqual(['苺は毎朝水をやること', 'The hose is in the shed']);
    expect(items.at(-1)).toEqual({
      kind: 'skipped',
      place: 'line 4',
      reason: 'the last line, which is not written to its end',
    });
  });

  it('is refused if a line in its middle is not complete', async () => {
    const { code, message } = await failureOf(() =>
      read(write('session.jsonl', text.replace('"uuid":"u1",', '"uuid":'))),
    );
    expect({ code, message }).toMatchObject({ code: 'corrupt', message: expect.stringContaining('line 2') });
  });

  it('may grow while it is imported, and is read as long as it was', async () => {
    const path = write('session.jsonl', text);
    const [document] = (await openInput(path)).documents;
    appendFileSync(path, 'more');
    const chunks: Uint8Array[] = [];
    for await (const chunk of document?.open() ?? []) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe(text);
    writeFileSync(path, text.slice(1));
    expect((await failureOf(async () => document?.open()[Symbol.asyncIterator]().next())).code).toBe('conflict');
  });
});

describe('an archive', () => {
  const make = (script: string): string => {
    const archive = join(testFolder(), 'bad.zip');
    execFileSync('python3', [
      '-c',
      `import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1],"w",zipfile.ZIP_DEFLATED)\n${script}\nz.close()`,
      archive,
    ]);
    return archive;
  };

  it.each([
    [
      'a name that leaves its folder',
      'z.writestr("../conversations.json", "[]")',
      /invalid relative path|leaves its folder/,
    ],
    ['an absolute name', 'z.writestr("/etc/conversations.json", "[]")', /absolute/],
    [
      'a link',
      'i=zipfile.ZipInfo("conversations.json"); i.external_attr=0o120777<<16; z.writestr(i, "/etc/passwd")',
      /is a link/,
    ],
    ['a bomb', 'z.writestr("conversations.json", "[" + " " * 200000000)', /would become 200000001 bytes/],
  ])('is refused that holds %s', async (_, script, message) => {
    const { code, message: said } = await failureOf(() => read(make(script)));
    expect(['corrupt', 'forbidden']).toContain(code);
    expect(said).toMatch(message);
  });
});

describe('a ZIP archive that is damaged or unusual', () => {
  const name = 'conversations.json';
  const data = Buffer.from(importSamples.find(({ format }) => format === 'claude-ai')?.text ?? '');

  interface Part {
    readonly name?: string;
    readonly method?: number;
    readonly flags?: number;
    readonly size?: number;
    readonly packed?: Buffer;
    readonly packedSize?: number;
  }

  /** An archive of these files, each with what its headers say about it. */
  function archiveOf(...parts: readonly Part[]): Buffer {
    const [locals, directory]: [Buffer[], Buffer[]] = [[], []];
    let at = 0;
    for (const part of parts) {
      const { method = 8, flags = 0x800, packed = deflateRawSync(data) } = part;
      const { size = data.length, packedSize = packed.length } = part;
      const path = Buffer.from(part.name ?? name);
      const common = Buffer.alloc(26);
      common.writeUInt16LE(20, 0);
      common.writeUInt16LE(flags, 2);
      common.writeUInt16LE(method, 4);
      common.writeUInt32LE(crc32(data), 10);
      common.writeUInt32LE(packedSize, 14);
      common.writeUInt32LE(size, 18);
      common.writeUInt16LE(path.length, 22);
      const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), common, path, packed]);
      const rest = Buffer.alloc(14);
      rest.writeUInt32LE(at, 10);
      directory.push(Buffer.from('PK\u0001\u0002'), Buffer.from([20, 3]), common, rest, path);
      locals.push(local);
      at += local.length;
    }
    const index = Buffer.concat(directory);
    const end = Buffer.alloc(22);
    end.write('PK\u0005\u0006');
    end.writeUInt16LE(parts.length, 8);
    end.writeUInt16LE(parts.length, 10);
    end.writeUInt32LE(index.length, 12);
    end.writeUInt32LE(at, 16);
    return Buffer.concat([...locals, index, end]);
  }

  it('is read if nothing is wrong with it', async () => {
    expect((await read(write('good.zip', archiveOf({})))).format).toBe('claude-ai');
  });

  it.each<[string, Buffer, RegExp]>([
    ['has a file twice', archiveOf({}, {}), /"conversations\.json" is in it twice/],
    ['has a file twice in another case', archiveOf({}, { name: 'Conversations.JSON' }), /is in it twice/],
    ['says that a file is shorter', archiveOf({ size: data.length - 1 }), /is damaged|size/],
    ['says that a file is longer', archiveOf({ size: data.length + 1 }), /is damaged|size/],
    ['says that less is stored of a file', archiveOf({ packedSize: 40 }), /is damaged/],
    ['says that more is stored of a file', archiveOf({ packedSize: 1_000_000 }), /is damaged/],
    ['has a file in an unknown compression', archiveOf({ method: 12 }), /compression method/],
    ['has an encrypted file', archiveOf({ flags: 0x801 }), /is encrypted/],
    ['has a file whose data are damaged', archiveOf({ packed: Buffer.alloc(60, 0xff) }), /is damaged/],
    ['has no end', archiveOf({}).subarray(0, -22), /is damaged/],
    ['has no directory', Buffer.concat([archiveOf({}).subarray(0, 60), archiveOf({}).subarray(-22)]), /is damaged/],
    ['is empty', archiveOf(), /is in no format that can be imported/],
  ])('is refused if it %s', async (_, bytes, message) => {
    const { code, message: said } = await failureOf(() => read(write('bad.zip', bytes)));
    expect(['corrupt', 'forbidden', 'invalid_input']).toContain(code);
    expect(said).toMatch(message);
  });

  it('is refused wherever it is cut off', async () => {
    const whole = archiveOf({}, { name: 'other.json' });
    for (let length = 4; length < whole.length; length += 7) {
      const { code } = await failureOf(() => read(write('cut.zip', whole.subarray(0, length))));
      expect({ length, code }).toMatchObject({ code: 'corrupt' });
    }
  });
});
