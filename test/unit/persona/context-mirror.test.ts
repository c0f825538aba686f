import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeContextMirror } from '../../../src/persona/context-mirror.ts';
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
});
