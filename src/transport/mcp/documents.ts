/**
 * Serves resources and prompts over MCP. Reads use the same scope as tools.
 */
import { ProtocolError, ProtocolErrorCode, ResourceNotFoundError, type Server } from '@modelcontextprotocol/server';
import { MemoryMcpError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { OpenScope } from '../../operation/operation.ts';
import { type Prompt, prompts } from '../../operation/prompt.ts';
import { describeError } from '../error-reply.ts';

/** Loaded on first use, because it imports most of the program. */
const loadResources = () => import('../../operation/resource.ts');

const mimeType = 'application/json';

export interface DocumentDeps {
  readonly logger: Logger;
  /** The envelope of the request names the client. */
  readonly openScope: (envelope: unknown) => OpenScope;
}

export function serveDocuments(server: Server, { logger, openScope }: DocumentDeps): void {
  server.setRequestHandler('resources/list', async () => {
    const { resources } = await loadResources();
    return {
      resources: resources.map(({ uri, name, title, description }) => ({ uri, name, title, description, mimeType })),
    };
  });
  server.setRequestHandler('resources/templates/list', async () => {
    const { memoryTemplate } = await loadResources();
    return { resourceTemplates: [{ ...memoryTemplate, mimeType }] };
  });
  server.setRequestHandler('resources/read', async ({ params: { uri } }, context) => {
    const { readResource } = await loadResources();
    const document = await readResource(uri, openScope(context.mcpReq.envelope)).catch((error: unknown) => {
      if (error instanceof MemoryMcpError && error.code === 'not_found') return undefined;
      throw new ProtocolError(ProtocolErrorCode.InternalError, describeError(error, logger).text);
    });
    if (document === undefined) throw new ResourceNotFoundError(uri);
    return { contents: [{ uri, mimeType, text: JSON.stringify(document) }] };
  });

  server.setRequestHandler('prompts/list', () => ({
    prompts: prompts.map(({ name, title, description, arguments: expected }) => ({
      name,
      title,
      description,
      arguments: expected.map((argument) => ({ ...argument })),
    })),
  }));
  server.setRequestHandler('prompts/get', ({ params }) => {
    const prompt = prompts.find((candidate) => candidate.name === params.name);
    if (prompt === undefined) {
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        `Unknown prompt ${JSON.stringify(params.name.slice(0, 100))}. Available prompts: ${prompts.map(({ name }) => name).join(', ')}`,
      );
    }
    const values = params.arguments ?? {};
    assertRequiredArguments(prompt, values);
    const text = prompt.render(values);
    return {
      description: prompt.description,
      messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }],
    };
  });
}

function assertRequiredArguments(prompt: Prompt, values: Readonly<Record<string, string>>): void {
  const missing = prompt.arguments.find(({ name, required }) => required && (values[name] ?? '').trim() === '');
  if (missing === undefined) return;
  throw new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `Prompt ${prompt.name} requires "${missing.name}": ${missing.description}`,
  );
}
