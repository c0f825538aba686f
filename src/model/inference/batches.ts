/**
 * Which texts a model reads in one run. A graphics card reads a batch in little more time than a single text; two cores
 * gain nothing (docs/gpu.md has both). The activations of a quantized graph are scaled by the largest of the whole batch,
 * so there the vector of a text would depend on its neighbours.
 */

/** The most tokens in one run, padding included: 32 chunks of the usual length. */
const tokensPerBatch = 8_192;
/** The names of graphs in fp32 and fp16. */
const exactGraph = /(?:^|\/)model(?:_fp16)?\.onnx$/;

/** How many tokens go into one run; undefined if each text has a run of its own. `device` is the one that serves. */
export function batchLimit({ device, file }: { device: string; file: string }): number | undefined {
  return device.split(':')[0] === 'cuda' && exactGraph.test(file) ? tokensPerBatch : undefined;
}

/** Indexes of `lengths` in batches, those of like length together, because all of a batch are padded to its longest. */
export function planBatches(lengths: readonly number[], limit: number | undefined): number[][] {
  if (limit === undefined) return lengths.map((_, index) => [index]);
  const ordered = lengths.map((length, index) => ({ length, index })).sort((one, other) => one.length - other.length);
  const batches: number[][] = [];
  let batch: number[] = [];
  for (const { length, index } of ordered) {
    // In this order, the newest is the longest.
    if (batch.length > 0 && (batch.length + 1) * length > limit) {
      batches.push(batch);
      batch = [];
    }
    batch.push(index);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
