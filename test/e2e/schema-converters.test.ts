/**
 * The published schemas through the converters of Python libraries, where these are installed: for the `python3` of the
 * path, or for the one that `MEMORY_MCP_TEST_PYTHON` names (`pip install openai-agents google-genai google-adk
 * pydantic-ai-slim[openai,google]`).
 */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { spawnServer } from '../support/server.ts';

const python = process.env.MEMORY_MCP_TEST_PYTHON ?? 'python3';
const script = new URL('../support/convert-schemas.py', import.meta.url).pathname;

function convert(library: string, tools: unknown) {
  const { status, stdout, stderr } = spawnSync(python, [script, library], {
    input: JSON.stringify(tools),
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe.each(['openai-agents', 'google-genai', 'google-adk', 'pydantic-ai'])('%s', (library) => {
  const installed = convert(library, []).status === 0;

  it.skipIf(!installed)(
    `converts every tool${installed ? '' : ` (skipped: not installed for ${python})`}`,
    async () => {
      const server = await spawnServer({ args: ['--tools', 'full'] });
      const { tools } = await server.client.listTools();
      expect(convert(library, tools)).toMatchObject({ status: 0, stdout: '' });
      // The converter does refuse what it cannot read.
      const [tool] = tools;
      const unreadable = { type: 'object', properties: { text: 7 } };
      expect(convert(library, [{ ...tool, inputSchema: unreadable }]).stdout).toMatch(/^get_context: /);
    },
  );
});
