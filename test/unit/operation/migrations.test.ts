import { describe, expect, it } from 'vitest';
import { migrateFromQdrant } from '../../../src/operation/migrate-from-qdrant.ts';
import { migrateToQdrant } from '../../../src/operation/migrate-to-qdrant.ts';
import type { ServerPlace } from '../../../src/persona/scope.ts';
import { searchable } from '../../support/searchable.ts';

describe('a server that a migration has opened', () => {
  it.each([
    ['from Qdrant', migrateFromQdrant],
    ['to Qdrant', migrateToQdrant],
  ])('is closed again when it cannot be used: %s', async (_which, operation) => {
    const { scope } = await searchable();
    let closed = 0;
    const server = {
      name: 'Qdrant',
      check: () => Promise.reject(new Error('it does not answer')),
      close: () => {
        closed += 1;
      },
    };
    // Nothing but the server is asked before the check has failed.
    const openServerPlace = () => ({ server }) as unknown as ServerPlace;
    const migration = operation.perform({}, (_, work) => work({ ...scope, openServerPlace }));
    await expect(migration).rejects.toThrow('it does not answer');
    expect(closed).toBe(1);
  });
});
