import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ParseError, parse as parseJsonc } from 'jsonc-parser';
import { parse as parseToml } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../../src/files/parse-yaml.ts';
import { clientNames, clients } from '../../../src/setup/client-table.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/clients.md'), 'utf8');

function parseSnippet(format: string, text: string): unknown {
  if (format === 'toml') return parseToml(text);
  const errors: ParseError[] = [];
  const value: unknown = parseJsonc(text, errors);
  expect(errors).toEqual([]);
  return value;
}

describe('docs/clients.md', () => {
  it.each(clientNames)('has a snippet for %s that its parser reads', (name) => {
    const { title, format, servers } = clients[name];
    const [, section = ''] = page.split(`### ${title}\n`);
    const [, language = '', snippet = ''] = /```(\w+)\n([\s\S]*?)```/.exec(section) ?? [];
    expect(language).toBe(format);
    const [command, args] = ['/path/to/node', ['/path/to/memory-mcp/bin/memory-mcp.js', 'serve', '--stdio']];
    const env = { ONNXRUNTIME_NODE_INSTALL: 'skip' };
    const memory = name === 'opencode' ? { command: [command, ...args], environment: env } : { command, args, env };
    expect(parseSnippet(format, snippet)).toMatchObject({ [servers]: { memory } });
  });

  it('has a snippet for Continue that says the same in YAML', async () => {
    const [, snippet = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    const args = ['/path/to/memory-mcp/bin/memory-mcp.js', 'serve', '--stdio'];
    const env = { ONNXRUNTIME_NODE_INSTALL: 'skip' };
    expect(await parseYaml(snippet)).toEqual({ mcpServers: [{ name: 'memory', command: '/path/to/node', args, env }] });
  });
});
