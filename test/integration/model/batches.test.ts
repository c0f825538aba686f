/**
 * Batches as a graphics card is given them, run on the CPU with graphs in fp32: what they return is what each text alone
 * returns.
 */
import { PreTrainedModel } from '@huggingface/transformers';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createInferenceEngine, type Finished } from '../../../src/model/inference/inference-engine.ts';
import type { InferenceModel, InferenceWork, Pooling } from '../../../src/model/inference/inference-protocol.ts';
import { loadOnnxModel, type OnnxModel } from '../../../src/model/inference/onnx-model.ts';
import { cosine, tinyEmbedder, tinyReranker } from '../../support/inference.ts';

const file = 'onnx/model.onnx';
const texts = [
  '海',
  '自転車を買った日に雨が降った。',
  'dog',
  '量子力学の講義は木曜日に移った。'.repeat(20),
  '',
  '苺のアレルギー',
];

/** An engine, and how many texts each run had. */
function openEngine(limit: number | undefined) {
  const runs: number[] = [];
  let steps = 0;
  let runsOnCard = Number.POSITIVE_INFINITY;
  const device = () => (runs.length < runsOnCard ? 'cuda' : 'cpu');
  const load = async (model: InferenceModel): Promise<OnnxModel> => {
    const loaded = await loadOnnxModel(model);
    onTestFinished(() => loaded.dispose());
    return {
      ...loaded,
      get device() {
        return device();
      },
      run: (...parts) => {
        runs.push(1);
        return loaded.run(...parts);
      },
      runTogether: (names, inputs) => {
        runs.push(inputs.length);
        return loaded.runTogether(names, inputs);
      },
    };
  };
  const engine = createInferenceEngine({
    load,
    onWorking: () => {},
    limitFor: ({ device }) => (device === 'cuda' ? limit : undefined),
  });
  const run = async (work: InferenceWork): Promise<Finished> => {
    const walked = engine.steps(work, 0);
    for (;;) {
      const step = await walked.next();
      steps += 1;
      if (step.done === true) return step.value;
    }
  };
  return {
    run,
    runs,
    steps: () => steps,
    moveToCpu: ({ afterRuns }: { afterRuns: number }) => {
      runsOnCard = afterRuns;
    },
  };
}

const rowsOf = ({ result: { dimensions }, numbers }: Finished) =>
  Array.from({ length: numbers.length / dimensions }, (_, row) =>
    numbers.subarray(row * dimensions, (row + 1) * dimensions),
  );

describe('a batch', () => {
  it.each<Pooling>(['mean', 'content_mean', 'cls', 'last_token'])(
    'makes the vectors that its texts have alone, and tells whose they are: %s',
    async (pooling) => {
      const work = { type: 'embed-together', model: tinyEmbedder({ file, pooling }), prefix: 'd: ', texts } as const;
      const [alone, batched] = [openEngine(undefined), openEngine(600)];
      const [expected, found] = [await alone.run(work), await batched.run(work)];
      expect(found.result.perText).toEqual(expected.result.perText);
      expect(found.result.perText?.map(({ embeddedCharacters }) => embeddedCharacters)).toEqual(
        texts.map(({ length }) => length),
      );
      expect(Math.max(...alone.runs)).toBe(1);
      expect(Math.max(...batched.runs)).toBeGreaterThan(2);
      const own = rowsOf(expected);
      expect(own.length).toBeGreaterThan(texts.length - 1);
      const cosines = rowsOf(found).map((vector, row) => cosine(vector, own[row] ?? []));
      expect(cosines).toHaveLength(own.length);
      expect(Math.min(...cosines)).toBeGreaterThan(0.99999);
    },
  );

  it('of questions with memories has the scores that each pair has alone', async () => {
    const work = {
      type: 'rerank',
      model: tinyReranker({ file }),
      query: '自転車を買った日',
      texts: ['量子力学の講義', '自転車を買った日です', '猫', '自転車を買った'],
    } as const;
    const [alone, batched] = [openEngine(undefined), openEngine(200)];
    const [expected, found] = [await alone.run(work), await batched.run(work)];
    expect(batched.runs.length).toBeLessThan(alone.runs.length);
    for (const [index, score] of expected.numbers.entries()) expect(found.numbers[index]).toBeCloseTo(score, 5);
  });

  it('that is too much for the device is run text by text, each in a step of its own', async () => {
    const work = {
      type: 'embed-together',
      model: tinyEmbedder({ file }),
      prefix: '',
      texts: ['dog', '海', '猫'],
    } as const;
    const [alone, batched] = [openEngine(undefined), openEngine(600)];
    const expected = await alone.run(work);
    const forward = vi.spyOn(PreTrainedModel.prototype, '_call').mockRejectedValueOnce(new Error('out of memory'));
    onTestFinished(() => forward.mockRestore());
    const found = await batched.run(work);
    expect(batched.runs).toEqual([3, 1, 1, 1]);
    expect(batched.steps()).toBe(alone.steps());
    expect(found.numbers).toEqual(expected.numbers);
  });

  it('is none any more once the CPU has taken the place of the card', async () => {
    const work = { type: 'embed-together', model: tinyEmbedder({ file }), prefix: '', texts } as const;
    const { run, runs, moveToCpu } = openEngine(24);
    moveToCpu({ afterRuns: 1 });
    await run(work);
    expect(runs[0]).toBeGreaterThan(1);
    expect(new Set(runs.slice(1))).toEqual(new Set([1]));
  });
});
