/** What stands beside the program in a bundle: the manifest of an .mcpb, and the parts of a Claude Code plugin. */
import { selectOperations } from '../../src/operation/index.ts';
import { hookSettings } from '../../src/setup/client-table.ts';

export interface PackageFacts {
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly author: string;
}

/** Of an .mcpb for Claude Desktop, version 0.3. */
export function mcpbManifest({ version, description, license, author }: PackageFacts) {
  return {
    manifest_version: '0.3',
    name: 'memory-mcp',
    display_name: 'Memory',
    version,
    description,
    author: { name: author },
    license,
    keywords: ['memory', 'local', 'japanese'],
    server: {
      type: 'node',
      entry_point: 'bin/memory-mcp.js',
      mcp_config: {
        command: 'node',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: Claude Desktop fills these in.
        args: ['${__dirname}/bin/memory-mcp.js', 'serve', '--stdio'],
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the same.
        env: { MEMORY_MCP_PERSONA: '${user_config.persona}' },
      },
    },
    tools: selectOperations('core').map(({ name, description: text }) => ({ name, description: text })),
    compatibility: { platforms: [process.platform], runtimes: { node: '>=22.0.0' } },
    user_config: {
      persona: {
        type: 'string',
        title: 'Persona',
        description: 'Whose memories these are. Each persona has its own.',
        default: 'default',
        required: false,
      },
    },
  };
}

const start = {
  command: 'node',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Claude Code fills it in.
  args: ['${CLAUDE_PLUGIN_ROOT}/server/bin/memory-mcp.js'],
};

/** The files of a Claude Code plugin, by their path in it. */
export function pluginFiles({ version, description, license, author }: PackageFacts): Record<string, unknown> {
  const plugin = { name: 'memory', version, description, author: { name: author }, license };
  return {
    '.claude-plugin/plugin.json': plugin,
    '.mcp.json': {
      mcpServers: { memory: { command: start.command, args: [...start.args, 'serve', '--stdio'] } },
    },
    'hooks/hooks.json': { hooks: hookSettings('claude-code', start) },
  };
}

/** A marketplace beside the plugin's folder, so that it can be installed from the disk. */
export function marketplace({ author, description }: PackageFacts) {
  return {
    name: 'memory-mcp',
    owner: { name: author },
    metadata: { description },
    plugins: [{ name: 'memory', source: './memory' }],
  };
}
