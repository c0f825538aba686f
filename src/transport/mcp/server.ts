/**
 * Projects the operations to MCP: tools with annotations and schemas, and what goes with them. A fresh server object is made per connection or
 * request; everything static is computed once per process. Arguments are checked by `invoke` and nowhere else.
 */
import {
  type CallToolResult,
  CLIENT_INFO_META_KEY,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type Tool,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { Logger } from '../../core/logger.ts';
import { invoke, type OpenScope, type Operation } from '../../operation/operation.ts';
import { describeError } from '../error-reply.ts';
import { type ObserveCall, unobserved } from '../observe-calls.ts';
import { serveDocuments } from './documents.ts';
import { instructions } from './instructions.ts';

export interface McpServerDeps {
  /** May still be on their way: the handshake needs none of them. */
  readonly operations: readonly Operation[] | Promise<readonly Operation[]>;
  readonly version: string;
  readonly logger: Logger;
  /** `source` is the client's name, as it called itself. */
  readonly openScope: (source: string) => OpenScope;
  readonly observeCall?: ObserveCall;
}

/** Lists change only with the program, so clients may keep them; what is read from memory is private and never cached. */
const unchanging = { ttlMs: 300_000, cacheScope: 'public' } as const;
const cacheHints = {
  'tools/list': unchanging,
  'prompts/list': unchanging,
  'resources/list': unchanging,
  'resources/templates/list': unchanging,
};

export function createMcpServer({
  operations,
  version,
  logger,
  openScope,
  observeCall = unobserved,
}: McpServerDeps): Server {
  const server = new Server(
    { name: 'memory-mcp', title: 'memory-mcp', version },
    {
      capabilities: { tools: {}, resources: {}, prompts: {} },
      instructions,
      cacheHints,
      jsonSchemaValidator: noElicitation,
    },
  );
  const sourceOf = (envelope: unknown) => clientName(envelope) ?? server.getClientVersion()?.name ?? 'mcp';
  serveDocuments(server, { logger, openScope: (envelope) => openScope(sourceOf(envelope)) });

  server.setRequestHandler('tools/list', async () => ({ tools: (await operations).map(toolOf) }));
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const offered = await operations;
    const operation = offered.find(({ name }) => name === params.name);
    if (operation === undefined) {
      const known = offered.map(({ name }) => name).join(', ');
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        `Unknown tool ${JSON.stringify(params.name.slice(0, 100))}. There are: ${known}`,
      );
    }
    const source = sourceOf(context.mcpReq.envelope);
    const input = params.arguments;
    try {
      const result = await observeCall({ operation, source, input: () => input }, () =>
        invoke(operation, input, openScope(source), context.mcpReq.signal),
      );
      return {
        content: [{ type: 'text', text: JSON.stringify(result) }],
        structuredContent: result,
      } satisfies CallToolResult;
    } catch (error) {
      const { text, structured } = describeError(error, logger);
      return {
        isError: true,
        content: [{ type: 'text', text }],
        structuredContent: structured,
      } satisfies CallToolResult;
    }
  });
  return server;
}

/** How the client of a modern request called itself: an optional key of the request's own envelope. */
function clientName(envelope: unknown): string | undefined {
  return z.object({ [CLIENT_INFO_META_KEY]: z.object({ name: z.string() }) }).safeParse(envelope).data?.[
    CLIENT_INFO_META_KEY
  ].name;
}

const tools = new Map<Operation, Tool>();

/** Converts an operation's schema once per process. */
function toolOf(operation: Operation): Tool {
  const known = tools.get(operation);
  if (known !== undefined) return known;
  const { $schema: _, ...inputSchema } = z.toJSONSchema(operation.input, { io: 'input' });
  const tool: Tool = {
    name: operation.name,
    title: operation.title,
    description: operation.description,
    inputSchema: { ...inputSchema, type: 'object' } as Tool['inputSchema'], // zod's JSON Schema types are wider than the SDK's
    annotations: {
      readOnlyHint: operation.effect === 'read',
      destructiveHint: operation.effect === 'destroy',
      idempotentHint: operation.effect === 'read' || operation.idempotent === true,
      openWorldHint: false,
    },
  };
  tools.set(operation, tool);
  return tool;
}

/** This server never asks a client for input, so there are no answers to validate. */
const noElicitation = {
  getValidator: () => () => ({ valid: false as const, data: undefined, errorMessage: 'memory-mcp asks for no input' }),
};
