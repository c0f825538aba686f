/**
 * Projects resources and prompts to MCP. Reads go through the same scope as tools; nothing here knows a store.
 */
import { ProtocolError, ProtocolErrorCode, ResourceNotFoundError, type Server } from '@modelcontextprotocol/server';
import { MemoryMcpError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { OpenScope } from '../../operation/operation.ts';
import { type Prompt, prompts } from '../../operation/prompt.ts';
import { describeError } from '../error-reply.ts';

/** Loaded with the first question about them: everything that answers is behind it. */
const loadResources = () => import('../../operation/resource.ts');

const mimeType = 'application/json';

export interface DocumentDeps {
  readonly logger: Logger;
  /** Takes the envelope of the request, which names the client. */
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
        `Unknown prompt ${JSON.stringify(params.name.slice(0, 100))}. There are: ${prompts.map(({ name }) => name).join(', ')}`,
      );
    }
    const text = prompt.render(checkedArguments(prompt, params.arguments ?? {}));
    return {
      description: prompt.description,
      messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }],
    };
  });
}

function checkedArguments(prompt: Prompt, given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const missing = prompt.arguments.find(({ name, required }) => required && (given[name] ?? '').trim() === '');
  if (missing === undefined) return given;
  throw new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `Prompt ${prompt.name} needs "${missing.name}": ${missing.description}`,
  );
}
