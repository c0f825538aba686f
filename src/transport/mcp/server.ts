/**
 * Serves the operations as MCP tools, with annotations and schemas. A new server object is created for each connection or
 * request; everything static is computed once per process. Only `invoke` validates arguments.
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
import { callUnobserved, type ObserveCall } from '../observe-calls.ts';
import { serveDocuments } from './documents.ts';
import { instructions } from './instructions.ts';
import { publishedSchema } from './published-schema.ts';

export interface McpServerDeps {
  /** May still be loading, since the handshake does not need them. */
  readonly operations: readonly Operation[] | Promise<readonly Operation[]>;
  readonly version: string;
  readonly logger: Logger;
  /** `source` is the name that the client gave itself. */
  readonly openScope: (source: string) => OpenScope;
  readonly observeCall?: ObserveCall;
}

/** Lists change only with a new version, so clients may cache them. Contents of memory are private and never cached. */
const staticList = { ttlMs: 300_000, cacheScope: 'public' } as const;
const cacheHints = {
  'tools/list': staticList,
  'prompts/list': staticList,
  'resources/list': staticList,
  'resources/templates/list': staticList,
};

export function createMcpServer({
  operations,
  version,
  logger,
  openScope,
  observeCall = callUnobserved,
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
  const readSource = (envelope: unknown) => readClientName(envelope) ?? server.getClientVersion()?.name ?? 'mcp';
  serveDocuments(server, { logger, openScope: (envelope) => openScope(readSource(envelope)) });

  server.setRequestHandler('tools/list', async () => ({ tools: (await operations).map(toTool) }));
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const offered = await operations;
    const operation = offered.find(({ name }) => name === params.name);
    if (operation === undefined) {
      const known = offered.map(({ name }) => name).join(', ');
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        `Unknown tool ${JSON.stringify(params.name.slice(0, 100))}. Available tools: ${known}`,
      );
    }
    const source = readSource(context.mcpReq.envelope);
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

/** The client's name in the envelope of a stateless request, where it is optional. */
function readClientName(envelope: unknown): string | undefined {
  return z.object({ [CLIENT_INFO_META_KEY]: z.object({ name: z.string() }) }).safeParse(envelope).data?.[
    CLIENT_INFO_META_KEY
  ].name;
}

const tools = new Map<Operation, Tool>();

/** Converts an operation to a tool, once per process. */
function toTool(operation: Operation): Tool {
  const known = tools.get(operation);
  if (known !== undefined) return known;
  const tool: Tool = {
    name: operation.name,
    title: operation.title,
    description: operation.description,
    inputSchema: { ...publishedSchema(operation.input), type: 'object' } as Tool['inputSchema'], // zod's JSON Schema types are wider than the SDK's
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

/** This server never asks a client for input, so it has no answers to validate. */
const noElicitation = {
  getValidator: () => () => ({ valid: false as const, data: undefined, errorMessage: 'memory-mcp asks for no input' }),
};
