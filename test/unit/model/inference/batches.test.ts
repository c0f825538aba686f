import { describe, expect, it } from 'vitest';
import { batchLimit, planBatches } from '../../../../src/model/inference/batches.ts';

describe('texts share a run', () => {
  it.each([
    ['cuda', 'onnx/model.onnx', true],
    ['cuda:1', 'onnx/model_fp16.onnx', true],
    ['cuda', 'model_fp16.onnx', true],
    ['cuda', 'onnx/model_quantized.onnx', false],
    ['cuda', 'onnx/model_q4f16.onnx', false],
    ['cuda', 'onnx/my_model.onnx', false],
    ['cpu', 'onnx/model.onnx', false],
    ['cpu', 'onnx/model_fp16.onnx', false],
  ])('on %s with %s: %s', (device, file, share) => {
    expect(batchLimit({ device, file }) !== undefined).toBe(share);
  });
});

describe('batches', () => {
  it('hold texts of like length, as many as fit with their padding', () => {
    expect(planBatches([30, 2, 31, 3, 2], 64)).toEqual([
      [1, 4, 3],
      [0, 2],
    ]);
    expect(planBatches([30, 2, 31, 3, 2], 61)).toEqual([[1, 4, 3], [0], [2]]);
  });

  it('may be one text that is too long for any', () => {
    expect(planBatches([100, 1], 64)).toEqual([[1], [0]]);
  });

  it('are single texts in their order where there is no limit, and none without texts', () => {
    expect(planBatches([3, 1, 2], undefined)).toEqual([[0], [1], [2]]);
    expect(planBatches([], 64)).toEqual([]);
  });
});
