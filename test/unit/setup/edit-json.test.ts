import fc from 'fast-check';
import { parse } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import { type ClientName, clientNames, wantedFiles } from '../../../src/setup/client-table.ts';
import { editJson, revertJson } from '../../../src/setup/edit-json.ts';

const start = { command: '/usr/bin/node', args: ['/opt/memory mcp/bin/memory-mcp.js'] };
const place = { home: '/home/me', platform: 'linux' as const };
const json = clientNames.flatMap((name: ClientName) =>
  wantedFiles(name, { start, place, withHooks: true }).filter(({ format }) => format === 'json'),
);
const name = fc.constantFrom('mcpServers', 'hooks', 'servers', 'context_servers', 'memory', 'other', 'SessionStart');
const leaf = fc.oneof(fc.string(), fc.array(fc.integer(), { maxLength: 3 }));
const inner = fc.dictionary(name, fc.oneof(leaf, fc.dictionary(name, leaf, { maxKeys: 3 })), { maxKeys: 4 });
const tree = fc.dictionary(name, fc.oneof(leaf, inner), { maxKeys: 5 });

describe('editing JSON', () => {
  it('and taking it back gives the same tree, whatever stood in it', () => {
    fc.assert(
      fc.property(tree, fc.constantFrom(...json), fc.constantFrom(0, 2, 4, '\t'), (before, { edits }, space) => {
        // A client's configuration has objects and lists where its servers and hooks stand.
        fc.pre(edits.every(({ at }) => holdsContainers(before, at)));
        const text = `${JSON.stringify(before, undefined, space)}\n`;
        const edited = editJson(text, edits);
        expect(editJson(edited, edits)).toBe(edited);
        expect(parse(revertJson(edited, edits, before))).toEqual(before);
      }),
    );
  });

  it('keeps lines and comments where ours stands first', () => {
    const ours = { path: 'x', format: 'json' as const, edits: [{ at: ['mcpServers', 'memory'], value: 1 }] };
    const edited = '{\n  // all of it\n  "mcpServers": {\n    "memory": 1\n  },\n  "theme": "dark"\n}\n';
    expect(revertJson(edited, ours.edits, {})).toBe('{\n  // all of it\n  "theme": "dark"\n}\n');
  });

  it('keeps the line ends of Windows', () => {
    const edited = editJson('{\r\n  "a": 1\r\n}\r\n', json[0]?.edits ?? []);
    expect(edited.replaceAll('\r\n', '')).not.toContain('\n');
  });
});

/** Whether an edit at this place has something to stand in: absent, an object, at the end a list or anything. */
function holdsContainers(tree: unknown, at: readonly string[]): boolean {
  let value: unknown = tree;
  for (const [index, step] of at.entries()) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    value = new Map<string, unknown>(Object.entries(value)).get(step);
    if (value === undefined) return true;
    if (index === at.length - 1 && at[0] === 'hooks') return Array.isArray(value);
  }
  return true;
}
