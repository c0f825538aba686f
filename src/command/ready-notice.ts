/**
 * The message of `serve --stdio` to a user who started it in a terminal: where the data is, and how to configure common
 * clients.
 */
import { quoteWord, serverEdit } from '../setup/client-table.ts';
import { findStartCommand } from '../setup/start-command.ts';

export interface ReadyDeps {
  readonly persona: string;
  readonly dataFolder: string;
  /** The started file; defaults to `process.argv[1]`. */
  readonly program?: string | undefined;
}

export function renderReadyNotice({ persona, dataFolder, program }: ReadyDeps): string {
  const start = findStartCommand(program);
  const edit = serverEdit('claude-desktop', start);
  const entry = 'value' in edit ? { mcpServers: { memory: edit.value } } : {};
  const self = [start.command, ...start.args].map(quoteWord).join(' ');
  return `memory-mcp is ready: persona "${persona}", data in ${dataFolder}
It speaks MCP on standard input and output, so a client has to start it. This writes the configuration of Claude Code,
Claude Desktop, Cursor, VS Code, Codex and others, after showing the difference:

  ${self} setup

Any other client takes this:

${JSON.stringify(entry, undefined, 2).replace(/^/gm, '    ')}

Press Ctrl+C to stop.
`;
}
