import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { openChannel } from '../../../../src/model/inference/inference-protocol.ts';

function channelOver(stream: PassThrough) {
  const received: { message: unknown; numbers: number[] }[] = [];
  const broken: Error[] = [];
  const channel = openChannel<unknown, unknown>(stream, {
    onMessage: (message, numbers) => received.push({ message, numbers: [...numbers] }),
    onBroken: (error) => broken.push(error),
  });
  return { channel, received, broken };
}

describe('a channel', () => {
  it('delivers messages and numbers in any fragmentation of the stream', async () => {
    const wire = new PassThrough();
    const sender = channelOver(wire);
    const bytes: Buffer[] = [];
    wire.on('data', (chunk: Buffer) => bytes.push(chunk));
    sender.channel.send({ text: '海辺 😀' }, Float32Array.of(1, -0.5));
    sender.channel.send({ empty: true });
    sender.channel.send(['third'], Float32Array.of(7));
    await new Promise((resolve) => setImmediate(resolve));
    const all = Buffer.concat(bytes);

    for (const size of [1, 3, 7, all.length]) {
      const stream = new PassThrough();
      const { received, broken } = channelOver(stream);
      for (let start = 0; start < all.length; start += size) stream.write(all.subarray(start, start + size));
      await new Promise((resolve) => setImmediate(resolve));
      expect(received).toEqual([
        { message: { text: '海辺 😀' }, numbers: [1, -0.5] },
        { message: { empty: true }, numbers: [] },
        { message: ['third'], numbers: [7] },
      ]);
      expect(broken).toEqual([]);
    }
  });

  it('says so once when what arrives is no frame', async () => {
    const stream = new PassThrough();
    const { received, broken } = channelOver(stream);
    stream.write('a library printed this into the wrong stream');
    stream.write('and this');
    await new Promise((resolve) => setImmediate(resolve));
    expect(received).toEqual([]);
    expect(broken).toHaveLength(1);
  });
});
