import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeIds,
  encodeHead,
  encodeIds,
  maximumHeadBytes,
  parseHead,
} from '../../../../src/vector/file/faiss-format.ts';

describe('the head of a FAISS file', () => {
  it('is laid out as FAISS writes it', () => {
    const head = encodeHead(2, 3);
    expect(head).toHaveLength(maximumHeadBytes);
    const header = (fourcc: string) =>
      `${Buffer.from(fourcc).toString('hex')}02000000${'0300000000000000'}${'0000100000000000'.repeat(2)}01${'00000000'}`;
    expect(head.toString('hex')).toBe(`${header('IxMp')}${header('IxFI')}${'0600000000000000'}`);
  });

  it('says where the parts are', () => {
    expect(parseHead(encodeHead(2, 3), 1000)).toEqual({
      metric: 'inner_product',
      dimensions: 2,
      count: 3,
      vectorsAt: 82,
      idCountAt: 106,
      end: 138,
    });
    const flat = encodeHead(2, 3).subarray(37);
    expect(parseHead(flat, 1000)).toMatchObject({ vectorsAt: 45, idCountAt: undefined, end: 69 });
  });

  it('is refused when it is cut anywhere', () => {
    const head = encodeHead(2, 0);
    for (let length = 0; length < head.length; length++) {
      expect(() => parseHead(head.subarray(0, length), length)).toThrowError(/ends|type/);
    }
  });

  it.each([
    ['no dimensions', 4, Buffer.alloc(4)],
    ['negative dimensions', 4, Buffer.from('ffffffff', 'hex')],
    ['too many dimensions', 4, Buffer.from('ffffff7f', 'hex')],
    ['a negative count', 8, Buffer.from('ffffffffffffffff', 'hex')],
    ['an enormous count', 8, Buffer.from('ffffffffffffff7f', 'hex')],
    ['a count beyond the file', 8, Buffer.from('0900000000000000', 'hex')],
    ['another count inside', 45, Buffer.from('0400000000000000', 'hex')],
    ['another metric', 33, Buffer.from('17000000', 'hex')],
    ['an index of graphs', 37, Buffer.from('IHNf')],
    ['two maps', 37, Buffer.from('IxMp')],
    ['L2 that says inner product', 37, Buffer.from('IxF2')],
    ['another number of floats', 74, Buffer.from('0700000000000000', 'hex')],
  ])('is refused with %s', (_, at, bytes) => {
    const head = encodeHead(2, 3);
    bytes.copy(head, at);
    expect(() => parseHead(head, 138)).toThrowError(expect.objectContaining({ code: 'corrupt' }));
  });

  it('is refused where the file is shorter than it promises', () => {
    expect(() => parseHead(encodeHead(2, 3), 137)).toThrowError(/137 bytes, but its header needs 138/);
  });
});

describe('ids', () => {
  it('survive, negative ones and large ones too', () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeInteger()), (ids) => {
        const bytes = encodeIds(Float64Array.from(ids));
        const written = ids.map((_, index) => bytes.readBigInt64LE(8 + index * 8));
        expect(written).toEqual(ids.map(BigInt));
        expect(Array.from(decodeIds(bytes, ids.length), (id) => id + 0)).toEqual(ids.map((id) => id + 0));
      }),
    );
  });

  it('are refused beyond 2^53, where numbers would merge them', () => {
    const bytes = encodeIds(Float64Array.of(1));
    bytes.writeBigInt64LE(2n ** 53n + 1n, 8);
    expect(() => decodeIds(bytes, 1)).toThrowError(/beyond 2\^53/);
  });

  it('are refused in another number', () => {
    expect(() => decodeIds(encodeIds(Float64Array.of(1, 2)), 1)).toThrowError(/number of ids/);
  });
});
