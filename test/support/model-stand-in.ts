/**
 * Stands in for a model's API, so that the programs of assistants run without their makers: it asks for one tool of the
 * memory server and then says what came back. Speaks Anthropic's Messages, OpenAI's Responses and chat, and Gemini's.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import * as z from 'zod';

export interface ToolCall {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
}

const named = z.object({ name: z.string() });
const toolSchema = z.object({
  name: z.string().optional(),
  function: named.optional(),
  functionDeclarations: z.array(named).optional(),
  // Codex has the tools of a server in a namespace.
  tools: z.array(named).optional(),
});
const requestSchema = z.object({
  stream: z.boolean().optional(),
  tools: z.array(toolSchema).default([]),
  messages: z.array(z.unknown()).optional(),
  input: z.array(z.unknown()).optional(),
  contents: z.array(z.unknown()).optional(),
});

type Request = z.infer<typeof requestSchema>;
type Step = { readonly says: string } | { readonly calls: string; readonly namespace?: string; readonly args: object };

/** Starts it for one test. */
export async function startModelStandIn() {
  let wanted: ToolCall | undefined;
  const server = createServer((request, response) => {
    void readText(request).then((body) => {
      const path = new URL(request.url ?? '/', 'http://localhost').pathname;
      const parsed = requestSchema.safeParse(body === '' ? {} : JSON.parse(body));
      const reply = parsed.success ? replyOf(path) : undefined;
      if (!parsed.success || reply === undefined)
        return sendJson(response, path.endsWith('/models') ? { data: [] } : {});
      reply(response, nextStep(parsed.data, wanted), parsed.data.stream === true || path.includes(':stream'));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.closeAllConnections());
  onTestFinished(() => void server.close());
  // A server that listens on TCP has such an address.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    /** What the model wants to do in the next session. */
    wants(call: ToolCall): void {
      wanted = call;
    },
  };
}

function nextStep(request: Request, wanted: ToolCall | undefined): Step {
  // Claude Code may put a message of its own behind what a tool has answered.
  const last = JSON.stringify((request.messages ?? request.input ?? request.contents ?? []).slice(-3));
  const answered = wanted !== undefined && new RegExp(`"name":"[\\w-]*${wanted.tool}"`).test(last);
  // Titles and the like are asked for without tools.
  if (request.tools.length === 0 || wanted === undefined || answered) return { says: last };
  const tools = request.tools.flatMap(namesIn);
  const found = tools.find(({ calls }) => calls.endsWith(wanted.tool));
  if (found !== undefined) return { ...found, args: wanted.args };
  // Claude Code gives its model this one while a server starts.
  if (tools.some(({ calls }) => calls === 'WaitForMcpServers')) return { calls: 'WaitForMcpServers', args: {} };
  return { says: `There is no ${wanted.tool} among ${tools.map(({ calls }) => calls).join(', ')}` };
}

function namesIn(tool: z.infer<typeof toolSchema>): { calls: string; namespace?: string }[] {
  const { name, function: chat, functionDeclarations: gemini, tools: inner } = tool;
  if (inner !== undefined && name !== undefined) return inner.map((each) => ({ calls: each.name, namespace: name }));
  return [...(gemini ?? []), ...(chat === undefined ? [] : [chat]), ...(name === undefined ? [] : [{ name }])].map(
    (each) => ({ calls: each.name }),
  );
}

type Reply = (response: ServerResponse, step: Step, stream: boolean) => void;

function replyOf(path: string): Reply | undefined {
  if (path.endsWith('/messages')) return replyAsAnthropic;
  if (path.endsWith('/responses')) return replyAsResponses;
  if (path.endsWith('/chat/completions')) return replyAsChat;
  return /:(stream)?generateContent$/i.test(path) ? replyAsGemini : undefined;
}

const replyAsAnthropic: Reply = (response, step, stream) => {
  const block =
    'says' in step
      ? { type: 'text', text: step.says }
      : { type: 'tool_use', id: `toolu_${randomUUID()}`, name: step.calls, input: step.args };
  const end = { stop_reason: 'says' in step ? 'end_turn' : 'tool_use', stop_sequence: null };
  const usage = { input_tokens: 1, output_tokens: 1 };
  const message = { id: `msg_${randomUUID()}`, type: 'message', role: 'assistant', model: 'stand-in', usage };
  if (!stream) return sendJson(response, { ...message, ...end, content: [block] });
  const [start, delta] =
    'says' in step
      ? [
          { type: 'text', text: '' },
          { type: 'text_delta', text: step.says },
        ]
      : [
          { ...block, input: {} },
          { type: 'input_json_delta', partial_json: JSON.stringify(step.args) },
        ];
  sendEvents(response, [
    { type: 'message_start', message: { ...message, content: [], stop_reason: null, stop_sequence: null } },
    { type: 'content_block_start', index: 0, content_block: start },
    { type: 'content_block_delta', index: 0, delta },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: end, usage },
    { type: 'message_stop' },
  ]);
};

const replyAsResponses: Reply = (response, step) => {
  const item =
    'says' in step
      ? {
          type: 'message',
          id: 'm',
          role: 'assistant',
          content: [{ type: 'output_text', text: step.says, annotations: [] }],
        }
      : {
          type: 'function_call',
          id: 'f',
          call_id: 'c',
          name: step.calls,
          namespace: step.namespace,
          arguments: JSON.stringify(step.args),
        };
  const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
  const whole = { id: 'resp_1', object: 'response', status: 'completed', output: [item], usage };
  sendEvents(response, [
    { type: 'response.created', response: { ...whole, status: 'in_progress', output: [] } },
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: whole },
  ]);
};

const replyAsChat: Reply = (response, step, stream) => {
  const message =
    'says' in step
      ? { role: 'assistant', content: step.says }
      : {
          role: 'assistant',
          content: null,
          tool_calls: [
            {
              index: 0,
              id: 'call_1',
              type: 'function',
              function: { name: step.calls, arguments: JSON.stringify(step.args) },
            },
          ],
        };
  const finish_reason = 'says' in step ? 'stop' : 'tool_calls';
  const base = { id: 'chat_1', created: 1, model: 'stand-in' };
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  if (!stream) return sendJson(response, { ...base, usage, choices: [{ index: 0, message, finish_reason }] });
  const chunk = { ...base, object: 'chat.completion.chunk' };
  sendEvents(response, [
    { ...chunk, choices: [{ index: 0, delta: message, finish_reason: null }] },
    { ...chunk, usage, choices: [{ index: 0, delta: {}, finish_reason }] },
    '[DONE]',
  ]);
};

const replyAsGemini: Reply = (response, step, stream) => {
  const part = 'says' in step ? { text: step.says } : { functionCall: { name: step.calls, args: step.args } };
  const candidates = [{ content: { role: 'model', parts: [part] }, finishReason: 'STOP', index: 0 }];
  if (stream) sendEvents(response, [{ candidates }]);
  else sendJson(response, { candidates });
};

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function sendEvents(response: ServerResponse, events: readonly (string | Readonly<Record<string, unknown>>)[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of events) {
    if (typeof event === 'string') response.write(`data: ${event}\n\n`);
    else
      response.write(`${event.type === undefined ? '' : `event: ${event.type}\n`}data: ${JSON.stringify(event)}\n\n`);
  }
  response.end();
}
