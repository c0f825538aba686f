/** A server of its own that stores one memory and is killed at the moment it acknowledges it, for the demo. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { MemoryMcpError } from '../core/errors.ts';

interface Request {
  readonly folder: string;
  readonly persona: string;
  readonly content: string;
}

const patience = 20_000;
const storeId = 2;

/** Rejects if the server ends or is silent before it has stored the memory. */
export async function storeAndKill({ folder, persona, content }: Request): Promise<{ pid: number | undefined }> {
  const [program = ''] = process.argv.slice(1);
  const server = spawn(process.execPath, [program, 'serve', '--stdio', '--persona', persona], {
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: patience,
    // Nothing of the user's: its home is the folder, too.
    env: {
      HOME: folder,
      USERPROFILE: folder,
      APPDATA: folder,
      LOCALAPPDATA: folder,
      MEMORY_MCP_DATA_DIR: folder,
      MEMORY_MCP_EMBEDDINGS_MODEL: 'none',
      MEMORY_MCP_RERANKER_MODEL: 'none',
    },
  });
  const ended = once(server, 'close');
  const send = (message: object) => server.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  server.stdin.on('error', () => {});
  const clientInfo = { name: 'demo', version: '1' };
  send({ id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo } });
  send({ method: 'notifications/initialized' });
  send({ id: storeId, method: 'tools/call', params: { name: 'memory_create', arguments: { content } } });
  let stored = false;
  for await (const line of createInterface({ input: server.stdout })) {
    const reply = JSON.parse(line);
    if (reply.id !== storeId) continue;
    server.kill('SIGKILL');
    stored = reply.result?.isError !== true && reply.error === undefined;
    break;
  }
  await ended;
  if (!stored) throw new MemoryMcpError('backend_unavailable', 'demo: the second server did not store the memory');
  return { pid: server.pid };
}
