/**
 * The schemas that clients are given, against what clients are known to refuse: llama.cpp refuses every tool for a
 * `maxLength` of 2,000 or more, google-genai fails on a boolean `additionalProperties`, strict modes on unions with null.
 */
import { expect, it } from 'vitest';
import { z } from 'zod';
import { describeEachEra } from '../support/eras.ts';

const refusedKeywords = new Set([
  '$ref',
  '$defs',
  '$schema',
  'additionalProperties',
  'allOf',
  'const',
  'if',
  'not',
  'oneOf',
  'patternProperties',
  'prefixItems',
  'propertyNames',
  'unevaluatedProperties',
]);
/** What stands in a schema as names and not as keywords. */
const named = new Set(['properties']);

/** The places in a schema that some client cannot read. */
function findRefused(schema: unknown, place: string): string[] {
  if (Array.isArray(schema)) return schema.flatMap((member, index) => findRefused(member, `${place}[${index}]`));
  if (typeof schema === 'boolean') return [`${place}: a boolean as a schema`];
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([keyword, value]) => {
    const here = `${place}.${keyword}`;
    if (refusedKeywords.has(keyword)) return [here];
    if (keyword === 'type' && typeof value !== 'string') return [`${here}: a list of types`];
    if (keyword === 'type' && value === 'null') return [`${here}: null`];
    if (keyword === 'maxLength' && Number(value) >= 2_000) return [`${here}: ${value}`];
    if (keyword === 'maximum' && Number(value) > 2_147_483_647) return [`${here}: ${value}`];
    if (keyword === 'enum')
      return Array.isArray(value) && value.every((word) => typeof word === 'string') ? [] : [here];
    if (named.has(keyword)) {
      return Object.entries(Object(value)).flatMap(([name, member]) => findRefused(member, `${here}.${name}`));
    }
    return keyword === 'items' || keyword === 'anyOf' ? findRefused(value, here) : [];
  });
}

const toolList = z.object({ tools: z.array(z.looseObject({ name: z.string(), inputSchema: z.unknown() })) });

describeEachEra('the published schemas', (spawn) => {
  it.each(['core', 'full', 'read-only'])('hold nothing that a client refuses, in the set %s', async (set) => {
    const server = await spawn({ args: ['--tools', set] });
    const { tools } = toolList.parse(await server.client.listTools());
    expect(tools.length).toBeGreaterThan(3);
    expect(tools.flatMap(({ name, inputSchema }) => findRefused(inputSchema, name))).toEqual([]);
  });

  it('say in words how long a text may be where no schema says it', async () => {
    const server = await spawn();
    const { tools } = toolList.parse(await server.client.listTools());
    const schemas = new Map(tools.map(({ name, inputSchema }) => [name, JSON.stringify(inputSchema)]));
    expect(schemas.get('memory_create')).toContain('At most 100,000 characters.');
    expect(schemas.get('memory_update')).toContain('At most 100,000 characters.');
    expect(schemas.get('memory_search')).toContain('At most 50,000 characters.');
  });

  it('and a reply of five short memories is short', async () => {
    const server = await spawn();
    for (let number = 0; number < 8; number++) {
      await server.create(`${number} 回目の陶芸教室で湯呑みを作った`, { tags: ['陶芸'], emotion: 'joy' });
    }
    const { text, structured } = await server.call('memory_search', { query: '陶芸教室' });
    expect(structured.results).toHaveLength(5);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(3_000);
  });

  it('and the instructions take no more of a session than they need', async () => {
    const server = await spawn();
    const list = toolList.parse(await server.client.listTools());
    expect(Buffer.byteLength(JSON.stringify(list))).toBeLessThanOrEqual(10_000);
    expect(server.client.getInstructions()?.length).toBeLessThanOrEqual(1_000);
  });
});
