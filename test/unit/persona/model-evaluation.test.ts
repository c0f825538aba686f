import { expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import { createModelEvaluation } from '../../../src/persona/model-evaluation.ts';
import { searchable } from '../../support/searchable.ts';

it('a measurement that cannot be read is no rejection, which nobody waits for after a write', async () => {
  const { workspace } = await searchable();
  const { store } = workspace;
  const broken = (): never => {
    throw new Error('disk I/O error');
  };
  const evaluation = createModelEvaluation({
    store: { ...store, vectors: { ...store.vectors, readMeasurement: broken } },
    logger: silentLogger,
  });
  await expect(evaluation.measureOnce(workspace.servingEmbedder())).resolves.toBeUndefined();
});
