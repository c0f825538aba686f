/** Files of ours and of FAISS itself, read by each other: through faiss-node and through Debian's python3-faiss. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import type { VectorChange } from '../../../src/core/vector.ts';
import { readFaissFile } from '../../../src/vector/file/faiss-file.ts';
import { openFlatIndex } from '../../../src/vector/flat-index.ts';
import { missingFaissNode } from '../../support/faiss-node.ts';
import { randomNumbers, randomUnitVector } from '../../support/vectors.ts';

const dimensions = 24;
const count = 1500;
const ids = Array.from({ length: count }, (_, index) => (index === 7 ? 2 ** 52 + 1 : 3 * index + 1));
const payloadEnd = 82 + count * dimensions * 4 + 8 + count * 8;

let folder: string;
let file: string;
let vectors: Float32Array[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'memory-mcp-interoperability-'));
  file = join(folder, 'index.faiss');
  const random = randomNumbers(6);
  vectors = ids.map(() => randomUnitVector(random, dimensions));
  const index = await openFlatIndex({
    space: { id: 'interoperability@1', dimensions },
    logger: silentLogger,
    snapshot: { file, epoch: 'epoch', tagOf: () => 'tag' },
  });
  // The memory is of no interest to an index of this process.
  const memory = {} as Extract<VectorChange, { op: 'put' }>['memory'];
  const puts = vectors.map((vector, at) => ({
    op: 'put' as const,
    id: ids[at] ?? 0,
    key: '',
    chunk: 0,
    vector,
    memory,
  }));
  await index.apply(puts, count);
  await index.flush();
  await index.close();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const noFaissNode = await missingFaissNode();

describe.skipIf(noFaissNode !== undefined)(
  `faiss-node${noFaissNode === undefined ? '' : ` (skipped: ${noFaissNode})`}`,
  () => {
    it('reads our file and finds our ids', async () => {
      const { Index } = (await import('faiss-node')).default;
      const index = Index.read(file);
      expect([index.ntotal(), index.getDimension()]).toEqual([count, dimensions]);
      for (const at of [0, 7, count - 1]) {
        const { labels, distances } = index.search(Array.from(vectors[at] ?? []), 3);
        expect(labels[0]).toBe(ids[at]);
        expect(distances[0]).toBeCloseTo(1, 5);
      }
    });

    it('writes the same bytes, up to our trailer', async () => {
      const { Index } = (await import('faiss-node')).default;
      const copy = join(folder, 'copy.faiss');
      Index.read(file).write(copy);
      const ours = await readFile(file);
      expect(ours.length).toBeGreaterThan(payloadEnd);
      expect((await readFile(copy)).equals(ours.subarray(0, payloadEnd))).toBe(true);
    });

    it('writes flat files that we read', async () => {
      const { IndexFlatIP, IndexFlatL2 } = (await import('faiss-node')).default;
      for (const [index, metric] of [
        [new IndexFlatIP(2), 'inner_product'],
        [new IndexFlatL2(2), 'l2'],
      ] as const) {
        const path = join(folder, `${metric}.faiss`);
        index.write(path);
        expect(await readFaissFile(path)).toMatchObject({ metric, dimensions: 2, count: 0, blocks: [] });
        index.add([1, 2, 3, 4]);
        index.write(path);
        expect(await readFaissFile(path)).toMatchObject({
          metric,
          count: 2,
          ids: Float64Array.of(0, 1),
          blocks: [Float32Array.of(1, 2, 3, 4)],
        });
      }
    });
  },
);

const python = ['/usr/bin/python3', 'python3'].find(
  (command) => spawnSync(command, ['-c', 'import faiss, numpy']).status === 0,
);
const noPython = python === undefined ? 'there is no Python with FAISS: apt-get install python3-faiss' : undefined;

describe.skipIf(noPython !== undefined)(
  `Python FAISS${noPython === undefined ? '' : ` (skipped: ${noPython})`}`,
  () => {
    function run(program: string, ...parameters: string[]): string {
      const { status, stdout, stderr } = spawnSync(python ?? '', ['-c', program, ...parameters], { encoding: 'utf8' });
      expect({ status, stderr }).toMatchObject({ status: 0 });
      return stdout;
    }

    it('reads our file and finds our ids', () => {
      const program = `
import sys, faiss, numpy
index = faiss.read_index(sys.argv[1])
query = faiss.vector_to_array(faiss.downcast_index(index.index).codes).view('float32').reshape(-1, index.d)[[0, 7]]
scores, labels = index.search(query, 1)
print(type(index).__name__, index.ntotal, index.metric_type == faiss.METRIC_INNER_PRODUCT, labels[:, 0].tolist())`;
      expect(run(program, file).trim()).toBe(`IndexIDMap ${count} True [1, ${2 ** 52 + 1}]`);
    });

    it('writes the same bytes from the same vectors, up to our trailer', async () => {
      const source = join(folder, 'vectors.f32');
      await writeFile(source, Buffer.concat(vectors.map((vector) => Buffer.from(vector.buffer))));
      const program = `
import sys, json, faiss, numpy
vectors = numpy.fromfile(sys.argv[1], 'float32').reshape(-1, ${dimensions})
index = faiss.IndexIDMap(faiss.IndexFlatIP(${dimensions}))
index.add_with_ids(vectors, numpy.array(json.loads(sys.argv[2]), 'int64'))
faiss.write_index(index, sys.argv[3])`;
      const theirs = join(folder, 'theirs.faiss');
      run(program, source, JSON.stringify(ids), theirs);
      expect((await readFile(theirs)).equals((await readFile(file)).subarray(0, payloadEnd))).toBe(true);
    });

    it.each([
      ['IndexFlatL2(2)', 'l2', [0, 1]],
      ['IndexFlatIP(2)', 'inner_product', [0, 1]],
      ['IndexIDMap(faiss.IndexFlatL2(2))', 'l2', [-5, 2 ** 50]],
      ['IndexIDMap2(faiss.IndexFlatIP(2))', 'inner_product', [-5, 2 ** 50]],
    ])('writes %s, which we read', async (kind, metric, expectedIds) => {
      const path = join(folder, 'other.faiss');
      const program = `
import sys, faiss, numpy
index = faiss.${kind}
vectors = numpy.array([[1, 2], [3, 4]], 'float32')
if hasattr(index, 'id_map'): index.add_with_ids(vectors, numpy.array([-5, 2**50], 'int64'))
else: index.add(vectors)
faiss.write_index(index, sys.argv[1])`;
      run(program, path);
      expect(await readFaissFile(path)).toMatchObject({
        metric,
        count: 2,
        ids: Float64Array.from(expectedIds),
        blocks: [Float32Array.of(1, 2, 3, 4)],
      });
    });
  },
);
