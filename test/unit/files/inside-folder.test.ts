import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveInside } from '../../../src/files/inside-folder.ts';

describe('a file name from outside', () => {
  it.each([
    'config.json',
    'onnx/model_quantized.onnx_data_1',
    '1_Pooling/config.json',
    '..a/b',
    'consul.txt',
    '日本語',
  ])('may be %j', (name) => {
    expect(resolveInside('/models/one', name)).toBe(join('/models/one', name));
  });

  it.each([
    ['', 'empty'],
    ['..', 'leaves'],
    ['../evil', 'leaves'],
    ['onnx/model.onnx_data/../../../evil', 'leaves'],
    ['a/..', 'leaves'],
    ['.', 'empty part'],
    ['a/./b', 'empty part'],
    ['a//b', 'empty part'],
    ['a/', 'empty part'],
    ['/etc/passwd', 'absolute'],
    ['//server/share', 'absolute'],
    ['C:/evil', 'character'],
    ['c:evil', 'character'],
    ['config.json:stream', 'character'],
    ['a\\..\\evil', 'character'],
    ['\\\\server\\share', 'character'],
    ['a\0b', 'character'],
    ['a\nb', 'character'],
    ['a?', 'character'],
    ['nul', 'device'],
    ['a/CON.json', 'device'],
    ['com1 .txt', 'device'],
    ['LPT¹', 'device'],
    ['conout$', 'device'],
    ['.. /evil', 'dot or a space'],
    ['.../evil', 'dot or a space'],
    ['a./b', 'dot or a space'],
    ['x'.repeat(201), 'too long'],
  ])('must not be %j', (name, reason) => {
    expect(() => resolveInside('/models/one', name)).toThrow(
      expect.objectContaining({ code: 'forbidden', message: expect.stringContaining(reason) }),
    );
  });
});
