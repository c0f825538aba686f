/**
 * Real MCP clients of both protocol eras over HTTP.
 */
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client as ClassicClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as ClassicTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Era } from './clients.ts';

export interface HttpClient {
  readonly era: Era;
  /** The structured result of a tool; an error of the tool or of the protocol rejects. */
  call(name: string, args?: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
  toolNames(): Promise<string[]>;
  close(): Promise<void>;
}

const clientInfo = { name: 'memory-mcp-tests', version: '1.0.0' };

export async function connectHttp(
  era: Era,
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<HttpClient> {
  const options = { requestInit: { headers: { ...headers } } };
  const client =
    era === 'classic'
      ? new ClassicClient(clientInfo)
      : new ModernClient(clientInfo, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  if (client instanceof ClassicClient) await client.connect(new ClassicTransport(new URL(`${url}/mcp`), options));
  else await client.connect(new ModernTransport(new URL(`${url}/mcp`), options));
  return {
    era,
    async call(name, args = {}) {
      const { isError, structuredContent, content } = await client.callTool({ name, arguments: { ...args } });
      if (isError === true || typeof structuredContent !== 'object') {
        throw new Error(`${name} failed: ${JSON.stringify(content)}`);
      }
      return { ...structuredContent };
    },
    toolNames: async () => (await client.listTools()).tools.map(({ name }) => name),
    close: () => client.close(),
  };
}
