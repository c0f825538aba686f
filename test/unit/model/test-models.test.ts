import { describe, expect, it } from 'vitest';
import { testModelFiles, testModelHash } from '../../../scripts/test-model/test-models.ts';

describe('the test models', () => {
  it('have the same bytes on every run and every machine', () => {
    expect(testModelHash('tiny-embed')).toBe('ba724b1b33a35e783bbe335d45c15a0daded3c118b9fde964483625caf2f00e9');
    expect(testModelHash('tiny-rerank')).toBe('cc7edaabf65cd35549ee8921481ae7447ddd41debd5ace91cf16b2a54fcac080');
  });

  it('carry the files that say how an embedding model is used', () => {
    expect(Object.keys(testModelFiles('tiny-embed'))).toEqual(
      expect.arrayContaining(['modules.json', '1_Pooling/config.json', 'config_sentence_transformers.json']),
    );
  });
});
