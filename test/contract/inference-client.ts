/**
 * What every InferenceClient must do, whatever process is behind it.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EmbeddedText, InferenceClient } from '../../src/model/inference/inference-client.ts';
import { cosine, tinyEmbedder, tinyReranker } from '../support/inference.ts';

const interactive = { priority: 'interactive' } as const;
const background = { priority: 'background' } as const;
const longText = '今日は自転車で海まで走った。潮の匂いがして、風が強かった。'.repeat(200);

export function describeInferenceClient(name: string, open: () => InferenceClient): void {
  describe(`inference client: ${name}`, () => {
    let client: InferenceClient;
    const embed = (text: string, as: 'one' | 'chunks' = 'one', model = tinyEmbedder()) =>
      client.embed({ model, as, prefix: 'd: ', text }, interactive);

    beforeEach(() => {
      client = open();
    });
    afterEach(() => client.close());

    it('loads a model and reports its dimensions', async () => {
      expect(await client.load(tinyEmbedder(), interactive)).toMatchObject({ dimensions: 32, device: 'cpu' });
      expect(await client.load(tinyEmbedder({ dimensions: 16 }), interactive)).toMatchObject({ dimensions: 16 });
      expect(await client.loadReranker(tinyReranker(), interactive)).toMatchObject({ dimensions: 1 });
    });

    it('gives unit vectors that are nearer for texts that are', async () => {
      const [bicycle, bicycles, physics] = await Promise.all(
        ['自転車を買った日', '自転車を買う', '量子力学の講義'].map(
          async (text) => (await embed(text)).vectors[0] ?? [],
        ),
      );
      expect(cosine(bicycle ?? [], bicycle ?? [])).toBeCloseTo(1, 5);
      expect(cosine(bicycle ?? [], bicycles ?? [])).toBeGreaterThan(cosine(bicycle ?? [], physics ?? []) + 0.3);
    });

    it('cuts a long text into chunks that cover all of it', async () => {
      const { vectors, embeddedCharacters } = await embed(longText, 'chunks');
      // Sentences of 42 and 45 bytes, one token each: 256 tokens hold five of them beside prefix and special tokens.
      expect(vectors).toHaveLength(80);
      expect(embeddedCharacters).toBe(longText.length);
    });

    it('says how much it embedded where a text has more chunks than a memory may have', async () => {
      const text = longText.repeat(8);
      const { vectors, embeddedCharacters } = await embed(text, 'chunks');
      expect(vectors).toHaveLength(512);
      expect(embeddedCharacters).toBe(256 * (3 * 14 + 2 * 15 + 2 * 14 + 3 * 15));
    });

    it('makes one unit vector of a long question', async () => {
      const { vectors } = await embed(longText, 'one');
      expect(vectors).toHaveLength(1);
      expect(cosine(vectors[0] ?? [], vectors[0] ?? [])).toBeCloseTo(1, 5);
      // The mean of its chunks, at length 1.
      const chunks = (await embed(longText, 'chunks')).vectors;
      expect(chunks.length).toBeGreaterThan(1);
      const sum = Float32Array.from({ length: 32 }, (_, at) =>
        chunks.reduce((all, chunk) => all + (chunk[at] ?? 0), 0),
      );
      expect(cosine(vectors[0] ?? [], sum) / Math.sqrt(cosine(sum, sum))).toBeCloseTo(1, 5);
    });

    it('takes the first dimensions where fewer are wanted, at length 1', async () => {
      const whole = (await embed('自転車')).vectors[0]?.slice(0, 8) ?? [];
      const short = (await embed('自転車', 'one', tinyEmbedder({ dimensions: 8 }))).vectors[0] ?? [];
      expect(short).toHaveLength(8);
      expect(cosine(short, short)).toBeCloseTo(1, 5);
      expect(cosine(short, whole) / Math.sqrt(cosine(whole, whole))).toBeCloseTo(1, 5);
    });

    it('answers a question that comes in the middle of a long background text', async () => {
      await client.load(tinyEmbedder(), interactive);
      const order: string[] = [];
      const document = client.embed(
        { model: tinyEmbedder(), as: 'chunks', prefix: '', text: longText.repeat(8) },
        background,
      );
      await Promise.all([
        document.then(() => order.push('document')),
        embed('自転車').then(() => order.push('question')),
      ]);
      expect(order).toEqual(['question', 'document']);
    });

    it('stops work that is no longer wanted, and goes on with the rest', async () => {
      const stop = new AbortController();
      const document = client.embed(
        { model: tinyEmbedder(), as: 'chunks', prefix: '', text: longText.repeat(8) },
        { priority: 'background', signal: stop.signal },
      );
      const other = client.embed({ model: tinyEmbedder(), as: 'one', prefix: '', text: '海' }, background);
      stop.abort(new Error('not wanted'));
      await expect(document).rejects.toThrow('not wanted');
      expect((await other).vectors).toHaveLength(1);
      await expect(
        client.load(tinyEmbedder(), { priority: 'interactive', signal: AbortSignal.abort(new Error('too late')) }),
      ).rejects.toThrow('too late');
    });

    it('embeds several texts in one request, each as it would alone', async () => {
      const texts = ['自転車', longText, '', '海'];
      const model = tinyEmbedder();
      const together = await client.embedTogether({ model, prefix: '', texts }, background);
      const alone = await Promise.all(
        texts.map((text) => client.embed({ model, as: 'chunks', prefix: '', text }, background)),
      );
      const contentOf = (embedded: readonly EmbeddedText[]) =>
        embedded.map(({ vectors, embeddedCharacters }) => ({ vectors, embeddedCharacters }));
      expect(contentOf(together)).toEqual(contentOf(alone));
    });

    it('serves two models in turn', async () => {
      const models = [tinyEmbedder(), tinyEmbedder({ file: 'onnx/model.onnx', pooling: 'cls' })];
      const embedded = await Promise.all([0, 1, 0, 1].map((index) => embed('海', 'one', models[index])));
      const vectors = embedded.map((each) => each.vectors);
      expect(vectors[0]).toEqual(vectors[2]);
      expect(vectors[1]).toEqual(vectors[3]);
      expect(vectors[0]).not.toEqual(vectors[1]);
    });

    it('scores how well each text answers a question, in the order given', async () => {
      const texts = ['量子力学の講義', '自転車を買った日です', '猫'];
      const scores = await client.rerank({ model: tinyReranker(), query: '自転車を買った日', texts }, interactive);
      expect(scores.map((score) => score > 0.5)).toEqual([false, true, false]);
      expect(scores.every((score) => score > 0 && score < 1)).toBe(true);
      expect(await client.rerank({ model: tinyReranker(), query: '海', texts: [] }, interactive)).toEqual([]);
    });

    it('reads the beginning of a question and of a text that are longer than the model allows', async () => {
      const texts = [`自転車を買った日${'。'.repeat(5000)}`, '猫'.repeat(5000)];
      const query = '自転車を買った日'.repeat(500);
      const scores = await client.rerank({ model: tinyReranker(), query, texts }, interactive);
      expect(scores[0]).toBeGreaterThan(scores[1] ?? 1);
    });

    it('names the file of a model that cannot be loaded, and goes on with others', async () => {
      const missing = tinyEmbedder({ file: 'onnx/model_q4.onnx' });
      await expect(client.load(missing, interactive)).rejects.toMatchObject({
        code: 'model_unavailable',
        reason: 'model',
        message: expect.stringContaining('onnx/model_q4.onnx'),
      });
      expect((await embed('海')).vectors).toHaveLength(1);
    });

    it('refuses a model that cannot do what is asked of it when it is loaded', async () => {
      const failure = { reason: 'model' };
      await expect(client.load(tinyEmbedder({ pooling: 'sentence_embedding' }), interactive)).rejects.toMatchObject(
        failure,
      );
      await expect(client.load(tinyEmbedder({ dimensions: 64 }), interactive)).rejects.toMatchObject(failure);
      await expect(client.loadReranker(tinyEmbedder(), interactive)).rejects.toMatchObject(failure);
      await expect(client.load({ ...tinyReranker(), pooling: 'mean' }, interactive)).rejects.toMatchObject(failure);
    });

    it('falls back to the cpu with a reason where a device cannot be used', async () => {
      const { device, warning } = await client.load(tinyEmbedder({ device: 'no-such-device' }), interactive);
      expect(device).toBe('cpu');
      expect(warning).toContain('no-such-device is not available');
    });

    it('can be closed at any time, and twice', async () => {
      const owed = client.embed({ model: tinyEmbedder(), as: 'chunks', prefix: '', text: longText }, background);
      const rejected = expect(owed).rejects.toMatchObject({ reason: 'closed' });
      await client.close();
      await rejected;
      await client.close();
      await expect(client.load(tinyEmbedder(), interactive)).rejects.toMatchObject({ reason: 'closed' });
    });
  });
}
