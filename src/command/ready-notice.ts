/**
 * The message of `serve --stdio` to a user who started it in a terminal: where the data is, and how to configure common
 * clients.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export interface ReadyDeps {
  readonly persona: string;
  readonly dataFolder: string;
  /** The started file; defaults to `process.argv[1]`. */
  readonly program?: string | undefined;
}

export function renderReadyNotice({ persona, dataFolder, program = process.argv[1] ?? '' }: ReadyDeps): string {
  const { command, args } = buildStartCommand(program);
  const entry = JSON.stringify(
    { mcpServers: { memory: { command, args, env: { ONNXRUNTIME_NODE_INSTALL: 'skip' } } } },
    undefined,
    2,
  );
  return `memory-mcp is ready: persona "${persona}", data in ${dataFolder}
It speaks MCP on standard input and output, so a client has to start it. To use it from

  Claude Code:     claude mcp add memory --env ONNXRUNTIME_NODE_INSTALL=skip -- ${[command, ...args].map(quoteWord).join(' ')}
  Claude Desktop, Cursor and most others, in their mcpServers configuration:

${entry.replace(/^/gm, '    ')}

Press Ctrl+C to stop.
`;
}

/** A clone is started by its file, an installed package with npx. */
function buildStartCommand(program: string): { command: string; args: string[] } {
  const isClone = /[\\/]bin[\\/]memory-mcp\.js$/.test(program) && existsSync(join(program, '..', '..', 'src'));
  return isClone
    ? { command: 'node', args: [program, 'serve', '--stdio'] }
    : { command: 'npx', args: ['-y', 'memory-mcp', 'serve', '--stdio'] };
}

function quoteWord(word: string): string {
  return /^[\w./:@=-]+$/.test(word) ? word : JSON.stringify(word);
}
