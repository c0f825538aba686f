import { describe, expect, it } from 'vitest';
import { MemoryMcpError } from '../../../../src/core/errors.ts';
import { operations } from '../../../../src/operation/index.ts';
import { readInput } from '../../../../src/operation/read-input.ts';
import { parseQueryInput } from '../../../../src/transport/http/query-input.ts';

function inputOf(name: string, query: string): Record<string, unknown> {
  const operation = operations.find((candidate) => candidate.name === name);
  if (operation === undefined) throw new Error(`no operation ${name}`);
  return parseQueryInput(operation, new URLSearchParams(query));
}

/** What the operation makes of it. */
function readOf(name: string, query: string): object {
  const operation = operations.find((candidate) => candidate.name === name);
  if (operation === undefined) throw new Error(`no operation ${name}`);
  return readInput(operation, inputOf(name, query)).input;
}

describe('a query string as input', () => {
  it('stays text, which the operation reads by its schema', () => {
    expect(readOf('memory_search', 'query=123&limit=5&min_importance=0.5&include_deleted=true')).toMatchObject({
      query: '123',
      limit: 5,
      min_importance: 0.5,
      include_deleted: true,
    });
  });

  it('writes a list with commas, by repeating the name, or as a JSON array', () => {
    expect(readOf('memory_read', 'keys=a,b')).toMatchObject({ keys: ['a', 'b'] });
    expect(readOf('memory_read', 'keys=a&keys=b,c')).toMatchObject({ keys: ['a', 'b,c'] });
    expect(readOf('memory_list', `tags=${encodeURIComponent('["a,b","[c"]')}`)).toMatchObject({ tags: ['a,b', '[c'] });
    expect(readOf('memory_list', `tags=${encodeURIComponent('[c')}`)).toMatchObject({ tags: ['[c'] });
  });

  it('that does not fit is refused by the name of its field', () => {
    expect(() => readOf('memory_list', 'limit=many&order=newest')).toThrow(
      /limit: must be an integer|limit: must be a number/,
    );
  });

  it('refuses a value that is given twice where only one is meant', () => {
    expect(() => inputOf('memory_search', 'query=a&query=b')).toThrow(MemoryMcpError);
  });
});
