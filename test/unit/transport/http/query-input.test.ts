import { describe, expect, it } from 'vitest';
import { MemoryMcpError } from '../../../../src/core/errors.ts';
import { operations } from '../../../../src/operation/index.ts';
import { parseQueryInput } from '../../../../src/transport/http/query-input.ts';

function inputOf(name: string, query: string): Record<string, unknown> {
  const operation = operations.find((candidate) => candidate.name === name);
  if (operation === undefined) throw new Error(`no operation ${name}`);
  return parseQueryInput(operation, new URLSearchParams(query));
}

describe('a query string as input', () => {
  it('becomes numbers, truth values and text as the operation wants them', () => {
    expect(inputOf('memory_search', 'query=123&limit=5&min_importance=0.5&include_deleted=true')).toEqual({
      query: '123',
      limit: 5,
      min_importance: 0.5,
      include_deleted: true,
    });
  });

  it('writes a list with commas, by repeating the name, or as a JSON array', () => {
    expect(inputOf('memory_read', 'keys=a,b')).toEqual({ keys: ['a', 'b'] });
    expect(inputOf('memory_read', 'keys=a&keys=b,c')).toEqual({ keys: ['a', 'b,c'] });
    expect(inputOf('memory_list', `tags=${encodeURIComponent('["a,b","[c"]')}`)).toEqual({ tags: ['a,b', '[c'] });
    expect(inputOf('memory_list', `tags=${encodeURIComponent('[c')}`)).toEqual({ tags: ['[c'] });
  });

  it('leaves what does not fit as text, for the schema to name', () => {
    const read = operations.find(({ name }) => name === 'memory_list');
    const input = inputOf('memory_list', 'limit=many&order=newest');
    expect(input).toEqual({ limit: 'many', order: 'newest' });
    expect(read?.input.safeParse(input).success).toBe(false);
  });

  it('refuses a value that is given twice where only one is meant', () => {
    expect(() => inputOf('memory_search', 'query=a&query=b')).toThrow(MemoryMcpError);
  });

  it('keeps unknown names for the schema to refuse', () => {
    expect(inputOf('memory_list', 'colour=red')).toEqual({ colour: 'red' });
    const list = operations.find(({ name }) => name === 'memory_list');
    for (const name of ['colour', '__proto__', 'constructor']) {
      expect([name, list?.input.safeParse(inputOf('memory_list', `${name}=x`)).success]).toEqual([name, false]);
    }
  });
});
