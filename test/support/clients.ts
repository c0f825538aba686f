/**
 * Real MCP clients of both protocol eras over stdio, behind one small face: the classic one of the first SDK, and the
 * modern one that opens with `server/discover` and never initializes.
 */
import { Client as ModernClient } from '@modelcontextprotocol/client';
import { StdioClientTransport as ModernTransport } from '@modelcontextprotocol/client/stdio';
import { Client as ClassicClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as ClassicTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

export const eras = ['classic', 'modern'] as const;
export type Era = (typeof eras)[number];

export interface Command {
  readonly command: string;
  readonly args: string[];
  readonly env: Record<string, string>;
  readonly cwd: string;
}

export interface Connection {
  readonly client: ClassicClient | ModernClient;
  readonly pid: number;
  /** Everything the process has written to standard error so far. */
  stderr(): string;
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
}

/** The SDK probes its own class on a second process; a subclass is probed in place, as real clients do it. */
class OneProcessTransport extends ModernTransport {}

const clientInfo = { name: 'memory-mcp-tests', version: '1.0.0' };

export async function connect(era: Era, command: Command): Promise<Connection> {
  if (era === 'classic') {
    const transport = new ClassicTransport({ ...command, stderr: 'pipe' });
    const client = new ClassicClient(clientInfo);
    const observed = observe(client, transport);
    await client.connect(transport);
    return { client, ...observed, pid: transport.pid ?? 0 };
  }
  const transport = new OneProcessTransport({ ...command, stderr: 'pipe' });
  const client = new ModernClient(clientInfo, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  const observed = observe(client, transport);
  await client.connect(transport);
  return { client, ...observed, pid: transport.pid ?? 0 };
}

function observe(client: { onclose?: (() => void) | undefined }, transport: ClassicTransport | ModernTransport) {
  let errors = '';
  transport.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const gone = new Promise<void>((resolve) => {
    client.onclose = resolve;
  });
  return { gone, stderr: () => errors };
}
