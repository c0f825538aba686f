/**
 * The built server as a client starts it, for benchmarks that ask about recall: all tools, a model or none, no reranker.
 */
import { environmentOf, memoryMcp, program } from './contestants.ts';
import { initialize, type StartedServer, startServer } from './stdio-client.ts';

/** `model` is a folder or `none`. Ready to be asked, its model perhaps not yet. */
export async function startMemoryMcp({ folder, model }: { folder: string; model: string }): Promise<StartedServer> {
  const server = startServer({
    file: program,
    args: memoryMcp.args ?? [],
    folder,
    environment: {
      ...environmentOf(memoryMcp, folder),
      MEMORY_MCP_EMBEDDINGS_MODEL: model,
      MEMORY_MCP_RERANKER_MODEL: 'none',
      MEMORY_MCP_TOOLS: 'full',
    },
  });
  await initialize(server);
  server.notify('notifications/initialized');
  return server;
}
