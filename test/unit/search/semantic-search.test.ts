/**
 * Searches by meaning while a persona changes its model: vectors of two models never meet, whatever moves when.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Embedder } from '../../../src/model/embedder.ts';
import { searchMeaning, searchVector } from '../../../src/search/semantic-search.ts';
import { createHashEmbedder } from '../../support/hash-embedder.ts';
import { live } from '../../support/stores.ts';
import { openTestWorkspace, type TestWorkspace } from '../../support/workspace.ts';

// As many dimensions in both, so that nothing but the name of the space tells them apart.
const older = createHashEmbedder({ name: 'older' });
const newer = createHashEmbedder({ name: 'newer' });
const texts = ['京都で犬を飼い始めた', '苺のアレルギーがある', 'The meeting moved to Thursday'];

/** A persona that has its vectors of the older model and is opened with the newer one. */
async function openInChange(embedderFor: (space: string) => Embedder | undefined): Promise<TestWorkspace> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'memory-mcp-semantic-'));
  onTestFinished(() => rmSync(dataFolder, { recursive: true, force: true }));
  const before = await openTestWorkspace({ dataFolder, embedder: older });
  for (const text of texts) await before.add(text);
  await before.close();
  const workspace = await openTestWorkspace({ dataFolder, embedder: newer, embedderFor });
  onTestFinished(() => workspace.close());
  return workspace;
}

async function moveOn({ store }: TestWorkspace): Promise<void> {
  const space = newer.space();
  if (space === undefined) throw new Error('the space is known');
  for (const memory of store.memories.list({ filter: live, order: 'newest', limit: 9 })) {
    const { vectors } = await newer.embedDocument(memory.content, { priority: 'background' });
    await store.vectors.put(memory, space, vectors);
  }
  await store.vectors.switchTo(space);
  await store.vectors.dropOtherSpaces([space.id], 100);
}

async function nearest(workspace: TestWorkspace, question: string): Promise<string | undefined> {
  const answer = await searchMeaning(workspace, question, live);
  if ('unavailable' in answer) return answer.unavailable;
  const [id = -1] = answer.hits.keys();
  return workspace.store.memories.byIds([id]).get(id)?.content;
}

describe('a search by meaning', () => {
  it('is answered by the older model as long as its vectors serve', async () => {
    const workspace = await openInChange(() => older);
    expect(await nearest(workspace, '苺のアレルギー')).toBe(texts[1]);
  });

  it('is asked again of the model that took over while the older one was answering', async () => {
    const moving: Embedder = {
      ...older,
      embedQuery: async (text) => {
        await moveOn(workspace);
        return older.embedQuery(text);
      },
    };
    const workspace = await openInChange(() => moving);
    expect(await nearest(workspace, '苺のアレルギー')).toBe(texts[1]);
    expect(workspace.store.vectors.currentSpace()).toEqual(newer.space());
  });

  it('is not answered from vectors of a model that is not here, though they have as many dimensions', async () => {
    const workspace = await openInChange(() => undefined);
    expect(await nearest(workspace, '苺のアレルギー')).toContain('the model is being changed');
    await moveOn(workspace);
    expect(await nearest(workspace, '苺のアレルギー')).toBe(texts[1]);
  });

  it('for the neighbors of a memory reports that its vectors belong to another model', async () => {
    const workspace = await openInChange(() => older);
    const space = older.space();
    if (space === undefined) throw new Error('the space is known');
    const vector = await older.embedQuery('苺');
    const before = await searchVector(workspace, { vector, space }, live);
    expect('hits' in before && before.hits.size).toBe(3);
    await moveOn(workspace);
    expect(await searchVector(workspace, { vector, space }, live)).toHaveProperty('unavailable');
  });
});
