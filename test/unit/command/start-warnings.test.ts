import { expect, it } from 'vitest';
import { listStartWarnings } from '../../../src/command/start-warnings.ts';
import { createMachine } from '../config/machine.ts';

/** What a server says about its time zone on a machine whose own is UTC. */
async function warningsFor(environment: Record<string, string>, inContainer = true): Promise<string[]> {
  const own = process.env.TZ;
  process.env.TZ = 'UTC';
  try {
    return listStartWarnings(await createMachine().load({ environment }), { inContainer });
  } finally {
    if (own === undefined) delete process.env.TZ;
    else process.env.TZ = own;
  }
}

it('a container without a time zone hears that it has UTC, and how to choose', async () => {
  expect(await warningsFor({})).toEqual([expect.stringMatching(/time zone is UTC.*TZ=Asia\/Tokyo/)]);
});

it('a time zone that was chosen is no matter, UTC neither, and no machine hears of it', async () => {
  expect(await warningsFor({ TZ: 'UTC' })).toEqual([]);
  expect(await warningsFor({ MEMORY_MCP_TIMEZONE: 'UTC' })).toEqual([]);
  expect(await warningsFor({}, false)).toEqual([]);
});
