import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTestModel } from '../../../../scripts/test-model/test-models.ts';
import { loadOnnxModel, type OnnxModel } from '../../../../src/model/inference/onnx-model.ts';

let model: OnnxModel;
beforeAll(async () => {
  const folder = writeTestModel('tiny-embed');
  const file = 'onnx/model.onnx';
  model = await loadOnnxModel({ folder, file, stamp: '', device: 'cpu', threads: 1, maxTokens: 512 });
});
afterAll(() => model.dispose());

/** The tokens of the test model are bytes, between one at the beginning and one at the end. */
const bytes = (text: string) => Buffer.byteLength(text);

describe('the rows of a text', () => {
  it('lie between prefix and end', () => {
    const [prefix, text] = ['d: ', '犬は京都にいる'];
    const start = 1 + bytes(prefix);
    expect(model.textTokenRange(prefix, text)).toEqual({ start, end: start + bytes(text) });
  });

  it('are all but the special ones without a prefix', () => {
    expect(model.textTokenRange('', 'dog')).toEqual({ start: 1, end: 4 });
  });

  it('are told where the text begins or ends like the prefix', () => {
    expect(model.textTokenRange('d: ', 'd: d: ')).toEqual({ start: 4, end: 10 });
  });

  it('are as many as the model gives', async () => {
    const { dims } = await model.run(['last_hidden_state'], 'd: dog');
    expect(model.textTokenRange('d: ', 'dog').end).toBe((dims[1] ?? 0) - 1);
  });
});
