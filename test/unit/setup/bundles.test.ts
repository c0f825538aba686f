import { describe, expect, it } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { mcpbManifest, pluginFiles } from '../../../scripts/bundles/manifests.ts';

const facts = { ...manifest, author: 'A' };

describe('bundles', () => {
  it('have the version of the package', () => {
    expect(mcpbManifest(facts).version).toBe(manifest.version);
    expect(pluginFiles(facts)['.claude-plugin/plugin.json']).toMatchObject({ version: manifest.version });
  });

  it('name the core tools', () => {
    const names = mcpbManifest(facts).tools.map((tool) => tool.name);
    expect(names).toContain('memory_search');
    expect(names).not.toContain('memory_stats');
  });

  it('start the server that lies inside, and its hooks', () => {
    const text = JSON.stringify(pluginFiles(facts));
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Claude Code fills it in.
    expect(text).toContain('"args":["${CLAUDE_PLUGIN_ROOT}/server/bin/memory-mcp.js","serve","--stdio"]');
    for (const event of ['session-start', 'prompt', 'tool-failure', 'pre-compact', 'session-end'])
      expect(text).toContain(`/server/bin/memory-mcp.js\\" hook ${event}`);
  });
});
