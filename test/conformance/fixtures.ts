/**
 * The tools, resources and prompts that the conformance suites ask for by name, so that they can try what this product
 * has no use for: streams within a call, input asked of the client, binary content. Served through the product's own
 * HTTP application and never part of the program.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  acceptedContent,
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  completable,
  createRequestStateCodec,
  inputRequired,
  inputResponse,
  McpServer,
  ResourceTemplate,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

/** One red pixel, and a sound of no length. */
const picture = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
const sound = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

const text = (words: string) => ({ type: 'text' as const, text: words });
const image = { type: 'image' as const, data: picture, mimeType: 'image/png' };
const said = (words: string): CallToolResult => ({ content: [text(words)] });
const embedded = (uri: string) => ({
  type: 'resource' as const,
  resource: { uri, mimeType: 'text/plain', text: 'This is an embedded resource content.' },
});

const key = randomBytes(32);

export function createFixtureServer(): McpServer {
  const state = createRequestStateCodec<{ step: number }>({ key });
  const server = new McpServer(
    { name: 'memory-mcp-fixtures', version: '1.0.0' },
    {
      capabilities: { tools: {}, resources: {}, prompts: {}, completions: {}, logging: {} },
      requestState: { verify: state.verify },
    },
  );
  addContent(server);
  addStreams(server);
  addInput(server, (step) => state.mint({ step }));
  addDocuments(server);
  return server;
}

function addContent(server: McpServer): void {
  const add = (name: string, result: CallToolResult) =>
    server.registerTool(name, { description: `Fixture ${name}.` }, () => result);
  add('test_simple_text', said('This is a simple text response for testing.'));
  add('test_image_content', { content: [image] });
  add('test_audio_content', { content: [{ type: 'audio', data: sound, mimeType: 'audio/wav' }] });
  add('test_embedded_resource', { content: [embedded('test://embedded-resource')] });
  add('test_multiple_content_types', {
    content: [text('Multiple content types test:'), image, embedded('test://mixed-content-resource')],
  });
  server.registerTool('test_error_handling', { description: 'Fixture that fails.' }, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
}

/** What is sent before the result, on the stream of the call. */
function addStreams(server: McpServer): void {
  server.registerTool('test_tool_with_progress', { description: 'Fixture with progress.' }, async ({ mcpReq }) => {
    const token = mcpReq._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (token !== undefined) {
        await mcpReq.notify({
          method: 'notifications/progress',
          params: { progressToken: token, progress, total: 100 },
        });
      }
      await delay(20);
    }
    return said('done');
  });
  for (const name of ['test_tool_with_logging', 'test_logging_tool']) {
    server.registerTool(name, { description: 'Fixture with log messages.' }, async ({ mcpReq }) => {
      for (const words of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
        await mcpReq.log('info', words);
        await delay(20);
      }
      return said('done');
    });
  }
}

const capabilitiesSchema = z.object({
  [CLIENT_CAPABILITIES_META_KEY]: z.object({
    elicitation: z.unknown().optional(),
    sampling: z.unknown().optional(),
    roots: z.unknown().optional(),
  }),
});
const nameSchema = z.object({ name: z.string() });
const askName = (message: string) => inputRequired.elicit({ message, requestedSchema: nameSchema });
const askModel = (words: string) =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: text(words) }], maxTokens: 100 });

/** What needs something of the client, which is asked for in the result and given with the next request. */
function addInput(server: McpServer, mint: (step: number) => Promise<string>): void {
  const fixture = 'test_input_required_result_';
  const description = 'Fixture that asks the client.';

  for (const name of [`${fixture}elicitation`, 'test_streaming_elicitation']) {
    server.registerTool(name, { description }, ({ mcpReq }) => {
      const given = acceptedContent(mcpReq.inputResponses, 'user_name', nameSchema);
      if (given !== undefined) return said(`Hello, ${given.name}!`);
      return inputRequired({ inputRequests: { user_name: askName('What is your name?') } });
    });
  }
  for (const name of [`${fixture}sampling`, 'test_missing_capability']) {
    server.registerTool(name, { description }, ({ mcpReq }) => {
      const given = inputResponse(mcpReq.inputResponses, 'capital_question');
      if (given.kind === 'sampling') return said(JSON.stringify(given.result.content));
      return inputRequired({ inputRequests: { capital_question: askModel('What is the capital of France?') } });
    });
  }
  server.registerTool(`${fixture}list_roots`, { description }, ({ mcpReq }) => {
    const given = inputResponse(mcpReq.inputResponses, 'client_roots');
    if (given.kind === 'roots') return said(given.roots.map(({ uri }) => uri).join(', '));
    return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  });
  for (const name of [`${fixture}request_state`, `${fixture}tampered_state`]) {
    server.registerTool(name, { description }, async ({ mcpReq }) => {
      if (mcpReq.requestState<{ step: number }>()?.step === 1) return said('state-ok');
      const requestedSchema = z.object({ ok: z.boolean() });
      const confirm = inputRequired.elicit({ message: 'Please confirm', requestedSchema });
      return inputRequired({ inputRequests: { confirm }, requestState: await mint(1) });
    });
  }
  server.registerTool(`${fixture}multiple_inputs`, { description }, async ({ mcpReq }) => {
    const keys = ['user_name', 'greeting', 'client_roots'];
    if (keys.every((each) => inputResponse(mcpReq.inputResponses, each).kind !== 'missing')) return said('all given');
    return inputRequired({
      inputRequests: {
        user_name: askName('What is your name?'),
        greeting: askModel('Generate a greeting'),
        client_roots: inputRequired.listRoots(),
      },
      requestState: await mint(1),
    });
  });
  server.registerTool(`${fixture}multi_round`, { description }, async ({ mcpReq }) => {
    const step = (mcpReq.requestState<{ step: number }>()?.step ?? 0) + 1;
    if (step > 2) return said('complete');
    const question = { [`step${step}`]: askName(`Step ${step}: What is your name?`) };
    return inputRequired({ inputRequests: question, requestState: await mint(step) });
  });
  server.registerTool(`${fixture}capabilities`, { description }, ({ mcpReq }) => {
    const can = capabilitiesSchema.safeParse(mcpReq.envelope).data?.[CLIENT_CAPABILITIES_META_KEY];
    const inputRequests = {
      ...(can?.elicitation !== undefined && { user_name: askName('What is your name?') }),
      ...(can?.sampling !== undefined && { greeting: askModel('Generate a greeting') }),
      ...(can?.roots !== undefined && { client_roots: inputRequired.listRoots() }),
    };
    return Object.keys(inputRequests).length === 0 ? said('nothing to ask') : inputRequired({ inputRequests });
  });
}

function addDocuments(server: McpServer): void {
  server.registerResource('static-text', 'test://static-text', { mimeType: 'text/plain' }, ({ href: uri }) => ({
    contents: [{ uri, mimeType: 'text/plain', text: 'This is the content of the static text resource.' }],
  }));
  server.registerResource('static-binary', 'test://static-binary', { mimeType: 'image/png' }, ({ href: uri }) => ({
    contents: [{ uri, mimeType: 'image/png', blob: picture }],
  }));
  const template = new ResourceTemplate('test://template/{id}/data', { list: undefined });
  server.registerResource('template', template, { mimeType: 'application/json' }, ({ href: uri }, { id }) => ({
    contents: [{ uri, mimeType: 'application/json', text: JSON.stringify({ id, templateTest: true }) }],
  }));

  const user = (content: ReturnType<typeof text> | typeof image | ReturnType<typeof embedded>) => ({
    messages: [{ role: 'user' as const, content }],
  });
  const description = 'Fixture prompt.';
  server.registerPrompt('test_simple_prompt', { description }, () =>
    user(text('This is a simple prompt for testing.')),
  );
  const complete = (value: string | undefined) =>
    ['paris', 'park', 'party'].filter((word) => word.startsWith(value ?? ''));
  const argsSchema = z.object({ arg1: completable(z.string(), complete), arg2: z.string() });
  server.registerPrompt('test_prompt_with_arguments', { description, argsSchema }, ({ arg1, arg2 }) =>
    user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description, argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) => user(embedded(resourceUri)),
  );
  server.registerPrompt('test_prompt_with_image', { description }, () => user(image));
  server.registerPrompt('test_input_required_result_prompt', { description }, ({ mcpReq }) => {
    const requestedSchema = z.object({ context: z.string() });
    const given = acceptedContent(mcpReq.inputResponses, 'user_context', requestedSchema);
    if (given !== undefined) return user(text(given.context));
    const message = 'What context should the prompt use?';
    return inputRequired({ inputRequests: { user_context: inputRequired.elicit({ message, requestedSchema }) } });
  });
}
