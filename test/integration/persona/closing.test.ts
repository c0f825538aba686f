/** What an orderly end of a persona finishes. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { createHashEmbedder } from '../../support/hash-embedder.ts';
import { openTestStore, testFolder } from '../../support/stores.ts';
import { openTestWorkspace } from '../../support/workspace.ts';

it('an erasure that was interrupted is complete when the persona is closed, with nothing left to do for the next start', async () => {
  const workspace = await openTestWorkspace({ dataFolder: testFolder(), embedder: createHashEmbedder() });
  const { key } = await workspace.add('苺のアレルギーがある');
  await workspace.add('京都で犬を飼い始めた');
  await workspace.store.erasure.erase([key]);
  const { vectorIndex, database } = workspace.paths;
  mkdirSync(dirname(vectorIndex), { recursive: true });
  // Of a writer that was killed. No process has this number: it is above the limit of the platform.
  writeFileSync(`${vectorIndex}.99999999-0123abcd.89abcdef.tmp`, 'half an index with the erased vector');
  await workspace.close();
  expect(readdirSync(dirname(vectorIndex))).toEqual(['index.faiss']);
  expect((await openTestStore(database)).erasure.isPending()).toBe(false);
});
