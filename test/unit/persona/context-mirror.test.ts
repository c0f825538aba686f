import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeContextMirror } from '../../../src/persona/context-mirror.ts';
import { changeContext } from '../../../src/service/context.ts';
import { searchable } from '../../support/searchable.ts';
import { testFolder } from '../../support/stores.ts';

describe('the mirror of the context', () => {
  it('removes what a killed writer left beside it', async () => {
    const folder = testFolder();
    const context = join(folder, 'persona_context.json');
    // No process has this number: it is above the limit of the platform.
    writeFileSync(`${context}.99999999-0123abcd.89abcdef.tmp`, 'half a sec');
    await writeContextMirror({ context, original: join(folder, 'original') }, { user_info: {} });
    expect(readdirSync(folder)).toEqual(['persona_context.json']);
  });

  it('is written again by a process that has just replaced a newer one of another process', async () => {
    const { workspace, scope } = await searchable();
    const { context } = workspace.store;
    const change = (city: string) => ({ state: {}, records: { user_info: { city } }, lists: {} });
    let stale: ReturnType<typeof context.all> | undefined;
    const all = () => {
      const read = stale ?? context.all();
      stale = undefined;
      return read;
    };
    const overtaken = {
      ...context,
      all,
      change: async (...parts: Parameters<typeof context.change>) => {
        await context.change(...parts);
        // What this process reads next is what it has written. Meanwhile the other one moves on.
        const own = context.all();
        await changeContext(scope, change('Osaka'));
        stale = own;
      },
    };
    await changeContext(
      { ...scope, workspace: { ...workspace, store: { ...workspace.store, context: overtaken } } },
      change('Kyoto'),
    );
    expect(JSON.parse(readFileSync(workspace.paths.context, 'utf8')).user_info).toEqual({ city: 'Osaka' });
  });
});
