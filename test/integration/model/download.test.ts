import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { testModelFiles } from '../../../scripts/test-model/test-models.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { downloadModel } from '../../../src/model/download/download.ts';
import { acquireDownloadLock, type DownloadProgress } from '../../../src/model/download/download-lock.ts';
import { createHub } from '../../../src/model/download/hub.ts';
import { findModelFiles, readManifest } from '../../../src/model/model-files.ts';
import { type ModelPlace, resolveEmbedder } from '../../../src/model/model-reference.ts';
import type { HubSettings } from '../../../src/model/model-settings.ts';
import { type HubServer, openHubServer } from '../../support/hub-server.ts';
import { temporaryFolder } from '../../support/inference.ts';
import { hubOffline } from '../../support/models.ts';
import { until } from '../../support/until.ts';

const repository = 'someone/tiny-embed';
const graph = 'onnx/model_quantized.onnx';

describe('a download', () => {
  let server: HubServer;
  let place: ModelPlace;

  beforeEach(async () => {
    server = await openHubServer({ [repository]: 'tiny-embed' });
    place = placeOf(repository);
  });
  afterEach(() => server.close());

  const placeOf = (model: string, dtype = 'q8', folder = temporaryFolder()): ModelPlace => {
    const reference = resolveEmbedder(model, dtype, folder);
    if (reference === undefined) throw new Error('no model');
    return reference.place;
  };
  const fetch = (
    hub: Partial<HubSettings> = {},
    parts: Partial<Parameters<typeof downloadModel>[1]> = {},
    of = place,
  ) =>
    downloadModel(of, {
      hub: createHub({ ...hubOffline, endpoint: server.endpoint, ...hub }),
      clock: systemClock,
      onProgress: () => {},
      retryPause: 1,
      ...parts,
    });
  const filesIn = (folder: string) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => statSync(join(folder, file)).isFile());
  const requestsFor = (path: string) =>
    server.requests.filter((request) => request.path.includes(path) && request.server === 'storage');

  it('downloads only the files that the model needs, and writes a manifest', async () => {
    const progress: DownloadProgress[] = [];
    await fetch({}, { onProgress: (now) => progress.push(now) });
    const files = testModelFiles('tiny-embed');
    for (const path of filesIn(place.folder)) {
      if (path !== '.memory-mcp.json')
        expect(readFileSync(join(place.folder, path)).equals(files[path] ?? new Uint8Array())).toBe(true);
    }
    expect(filesIn(place.folder)).not.toContain('onnx/model.onnx');
    expect(filesIn(place.folder).some((path) => path.includes('partial') || path.includes('lock'))).toBe(false);
    expect(findModelFiles(place)?.revision).toBe(readManifest(place.folder)?.revision);
    expect(progress.at(-1)).toEqual({ received: progress[0]?.total, total: progress[0]?.total });
  });

  it('asks for nothing when all is there', async () => {
    await fetch();
    const before = server.requests.length;
    await fetch();
    expect(server.requests).toHaveLength(before);
  });

  it('resumes where it was interrupted, in the same run and in the next', async () => {
    server.misbehave({ cutAfter: 50_000, slow: 5 });
    await fetch();
    expect(requestsFor(graph).map(({ range }) => range)).toEqual([undefined, 'bytes=50000-', 'bytes=100000-']);
    expect(findModelFiles(place)).toBeDefined();

    const again = placeOf(repository);
    const stop = new AbortController();
    const onProgress = ({ received }: DownloadProgress) => received > 60_000 && stop.abort();
    server.misbehave({ slow: 5 });
    await expect(fetch({}, { signal: stop.signal, onProgress }, again)).rejects.toThrow();
    expect(findModelFiles(again)).toBeUndefined();
    server.misbehave({});
    await fetch({}, {}, again);
    expect(requestsFor(graph).at(-1)?.range).toMatch(/^bytes=\d{5}-$/);
    expect(findModelFiles(again)).toBeDefined();
  });

  it.each(['config.json', 'modules.json', 'tokenizer.json', 'tokenizer_config.json'])(
    'that ends when it has put some files in their place, here before %s, has not put the graph there',
    async (blocked) => {
      // A folder of that name is a place that no file can take.
      mkdirSync(join(place.folder, blocked, 'occupied'), { recursive: true });
      await expect(fetch()).rejects.toThrow();
      const left = filesIn(place.folder);
      expect(left).toContainEqual(expect.stringMatching(/^onnx\/model_quantized\.onnx\.\w+\.partial$/));
      expect(left).not.toContain(graph);
      rmSync(join(place.folder, blocked), { recursive: true });
      expect(findModelFiles(place)).toBeUndefined();
      await fetch();
      expect(findModelFiles(place)).toBeDefined();
    },
  );

  it('starts a file over where the server does not send parts', async () => {
    server.misbehave({ cutAfter: 50_000 });
    const stop = new AbortController();
    const onProgress = ({ received }: DownloadProgress) => received > 55_000 && stop.abort();
    await expect(fetch({}, { signal: stop.signal, onProgress })).rejects.toThrow();
    server.misbehave({ ignoreRanges: true });
    await fetch();
    expect(findModelFiles(place)).toBeDefined();
  });

  it('is over with a reason when a file never arrives whole, and leaves no model', async () => {
    server.misbehave({ cutAfter: 50_000, ignoreRanges: true });
    await expect(fetch()).rejects.toMatchObject({
      code: 'model_unavailable',
      message: expect.stringContaining('was not downloaded completely'),
    });
    expect(findModelFiles(place)).toBeUndefined();
    expect(filesIn(place.folder)).not.toContain('config.json');
  });

  it.each([graph, 'config.json'])(
    'refuses %s with another hash than the hub names',
    async (path) => {
      server.misbehave({ wrongHash: path });
      await expect(fetch()).rejects.toMatchObject({
        code: 'corrupt',
        message: expect.stringContaining(`${path} of ${repository} arrived damaged`),
      });
      expect(findModelFiles(place)).toBeUndefined();
    },
    30_000,
  );

  it('says what is wrong in one sentence with a way out', async () => {
    const reasons = async (work: Promise<void>) =>
      await work.then(
        () => 'none',
        (error: { message: string; hint?: string }) => `${error.message} | ${error.hint}`,
      );
    expect(await reasons(fetch({ endpoint: 'http://127.0.0.1:9' }))).toMatch(
      /127\.0\.0\.1:9 cannot be reached: ECONNREFUSED \| Check the network/,
    );
    const withPassword = await reasons(fetch({ endpoint: 'http://me:geheim@127.0.0.1:9' }));
    expect(withPassword).toContain('cannot be reached');
    expect(withPassword).not.toContain('geheim');
    expect(await reasons(fetch({ offline: true }))).toMatch(/HF_HUB_OFFLINE is set/);
    expect(await reasons(fetch({}, {}, placeOf('someone/nothing')))).toMatch(
      /has no model "someone\/nothing" \| Check the spelling/,
    );
    expect(await reasons(fetch({}, {}, placeOf(repository, 'q4')))).toMatch(
      /has no onnx\/model_q4\.onnx\. Its ONNX files: onnx\/model\.onnx, onnx\/model_quantized\.onnx \| Set embeddings_dtype/,
    );
    server.misbehave({ token: 'right' });
    expect(await reasons(fetch())).toMatch(/it requires a token \(401\) \| Set HF_TOKEN/);
    expect(await reasons(fetch({ token: 'wrong' }))).toMatch(/HF_TOKEN does not give access \(401\)/);
    server.misbehave({ status: { file: 'tokenizer.json', code: 503 } });
    expect(await reasons(fetch())).toMatch(/answered 503 for tokenizer\.json/);
    server.publish('someone/bare', {
      'onnx/model_quantized.onnx': new Uint8Array(10),
      'config.json': new Uint8Array(10),
    });
    expect(await reasons(fetch({}, {}, placeOf('someone/bare')))).toMatch(
      /has no tokenizer\.json and no tokenizer_config\.json/,
    );
    expect(findModelFiles(place)).toBeUndefined();
  });

  it('sends its token to the hub and not to redirect targets', async () => {
    server.misbehave({ token: 'secret' });
    await fetch({ token: 'secret' });
    const tokens = (of: string) => [
      ...new Set(server.requests.filter(({ server: at }) => at === of).map(({ authorization }) => authorization)),
    ];
    expect(tokens('hub')).toEqual(['Bearer secret']);
    expect(tokens('storage')).toEqual([undefined]);
  });

  it.runIf(process.platform === 'linux')('says that the disk is full where it is', async () => {
    const hash = (await createHub({ ...hubOffline, endpoint: server.endpoint }).list(repository, 'main')).files.find(
      ({ path }) => path === graph,
    )?.hash;
    mkdirSync(join(place.folder, 'onnx'), { recursive: true });
    symlinkSync('/dev/full', join(place.folder, `${graph}.${hash?.split(':')[1]?.slice(0, 12)}.partial`));
    await expect(fetch()).rejects.toMatchObject({
      message: expect.stringContaining('the disk is full'),
      hint: expect.stringContaining('HF_HOME'),
    });
    expect(findModelFiles(place)).toBeUndefined();
    await fetch();
    expect(findModelFiles(place)).toBeDefined();
  });

  it('goes on where the progress that others see cannot be written, as on a full disk or in a folder that was removed', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] });
    try {
      mkdirSync(place.folder, { recursive: true });
      const lock = await acquireDownloadLock(place.folder, { clock: systemClock, onWaiting: () => {} });
      rmSync(place.folder, { recursive: true });
      lock.report({ received: 1, total: 2 });
      expect(() => vi.advanceTimersByTime(60_000)).not.toThrow();
      lock.release();
    } finally {
      vi.useRealTimers();
    }
  });

  it('keeps to the commit it has, until it is told to fetch again', async () => {
    await fetch();
    const first = findModelFiles(place)?.revision;
    server.publish(repository, {
      ...testModelFiles('tiny-embed'),
      'config.json': new TextEncoder().encode('{"model_type":"bert"}'),
    });
    await fetch();
    expect(findModelFiles(place)?.revision).toBe(first);
    await fetch({}, { force: true });
    expect(findModelFiles(place)?.revision).not.toBe(first);
    expect(readFileSync(join(place.folder, 'config.json'), 'utf8')).toBe('{"model_type":"bert"}');
  });

  it('adds a graph of another dtype to a model that is there', async () => {
    await fetch();
    const plain = { ...place, graphs: ['onnx/model.onnx'] };
    expect(findModelFiles(plain)).toBeUndefined();
    const before = server.requests.length;
    await fetch({}, {}, plain);
    expect(findModelFiles(plain)?.revision).toBe(findModelFiles(place)?.revision);
    expect(server.requests.slice(before).filter(({ server: at }) => at === 'hub')).toHaveLength(2);
  });

  it('notices that a file has been cut short since', async () => {
    await fetch();
    writeFileSync(join(place.folder, graph), 'short');
    expect(findModelFiles(place)).toBeUndefined();
    await fetch();
    expect(findModelFiles(place)).toBeDefined();
  });

  it('happens once when several want the same model at once, and each of them hears of it', async () => {
    server.misbehave({ slow: 30 });
    const seen: DownloadProgress[][] = [[], [], []];
    await Promise.all(seen.map((progress) => fetch({}, { onProgress: (now) => progress.push(now) })));
    expect(requestsFor(graph)).toHaveLength(1);
    expect(findModelFiles(place)).toBeDefined();
    for (const progress of seen) expect(progress.length).toBeGreaterThan(0);
  });

  it.each([
    [
      'of a process that is gone',
      () => ({ content: JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), received: 0, total: 0 }), age: 0 }),
    ],
    [
      'that nobody has touched for a while',
      () => ({ content: JSON.stringify({ pid: 1, host: 'elsewhere', received: 0, total: 0 }), age: 60 }),
    ],
  ])('takes over a lock %s', async (_which, lock) => {
    mkdirSync(place.folder, { recursive: true });
    const path = join(place.folder, '.download.lock');
    const { content, age } = lock();
    writeFileSync(path, content);
    const then = Date.now() / 1000 - age;
    utimesSync(path, then, then);
    await fetch();
    expect(findModelFiles(place)).toBeDefined();
  });

  it('waits while another process that is alive holds the lock', async () => {
    mkdirSync(place.folder, { recursive: true });
    const path = join(place.folder, '.download.lock');
    writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname(), received: 5, total: 10 }));
    const progress: DownloadProgress[] = [];
    const download = fetch({}, { onProgress: (now) => progress.push(now) });
    await until(() => progress.length > 0, 'it hears from the holder of the lock');
    expect(progress[0]).toMatchObject({ received: 5, total: 10 });
    expect(server.requests).toEqual([]);
    rmSync(path);
    await download;
    expect(findModelFiles(place)).toBeDefined();
  });
});
