/** A small document of each format that can be imported, and what becomes of it. */
export interface ImportSample {
  readonly format: string;
  readonly name: string;
  readonly text: string;
  readonly contents: readonly string[];
  /** Reasons of what is skipped. */
  readonly skipped: readonly string[];
  /** The same document in a version that is not known. */
  readonly unknown?: string;
  /** The source of its memories, if it is not the import. */
  readonly source?: string;
  /** At which shares of the text a document that ends there is refused; by default 0.3, 0.6 and 0.9. */
  readonly cuts?: readonly number[];
}

const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');
const prompt = (uuid: string, content: unknown, more: object = {}) => ({
  parentUuid: null,
  isSidechain: false,
  userType: 'external',
  cwd: '/home/mika/garden',
  sessionId: 's',
  version: '2.0.74',
  type: 'user',
  message: { role: 'user', content },
  uuid,
  timestamp: '2025-12-03T18:27:04.359Z',
  ...more,
});
const claudeCode = [
  { type: 'summary', summary: 'Watering', leafUuid: 'u1' },
  prompt('u1', '苺は毎朝水をやること'),
  prompt('u2', [
    { type: 'text', text: 'The hose is in the shed' },
    { type: 'image', source: {} },
  ]),
  {
    ...prompt('u3', ''),
    type: 'assistant',
    message: { role: 'assistant', content: [{ type: 'text', text: 'Noted.' }] },
  },
  prompt('u4', [{ type: 'tool_result', tool_use_id: 't', content: 'ok' }]),
  prompt('u5', '<command-name>/clear</command-name>'),
  prompt('u6', 'Look for slugs', { isSidechain: true }),
  prompt('u7', 'This session is being continued from a previous conversation', { isCompactSummary: true }),
];

const claudeAi = (sender = 'human') =>
  JSON.stringify([
    {
      uuid: 'c1',
      name: 'Kyoto',
      created_at: '2025-01-01T00:00:00Z',
      chat_messages: [
        {
          uuid: 'm1',
          sender,
          text: 'whole',
          content: [{ type: 'text', text: '京都に引っ越した' }],
          created_at: '2025-01-01T00:00:00.123456Z',
        },
        { uuid: 'm2', sender: 'assistant', text: 'How nice', content: [], created_at: '2025-01-01T00:00:01Z' },
        {
          uuid: 'm3',
          sender: 'human',
          text: 'I like "quotes", [brackets] and \\ too',
          created_at: '2025-01-01T00:00:02Z',
        },
      ],
    },
    { uuid: 'c2', name: '', chat_messages: [] },
  ]);

const node = (id: string, parent: string | null, role: string, parts: unknown[], more: object = {}) => ({
  id,
  parent,
  children: [],
  message: {
    id: `msg-${id}`,
    author: { role },
    create_time: 1_709_654_400.5,
    content: { content_type: 'text', parts },
    metadata: {},
    ...more,
  },
});
const chatgpt = (mapping: object) =>
  JSON.stringify([{ id: 'g', title: 'Trip', create_time: 1_709_654_400, current_node: 'd', mapping }]);

const note = (version: number) => `---
memory_mcp: ${version}
key: memory_20261124093000
created_at: 2026-11-24T00:30:00.000Z
updated_at: 2026-11-24T00:30:00.000Z
source: claude
version: 1
pinned: false
access_count: 0
tags:
  - 苺
importance: 0.5
---

苺のアレルギーがある
`;

export const importSamples: readonly ImportSample[] = [
  {
    format: 'claude-code',
    name: 'session.jsonl',
    text: lines(claudeCode),
    contents: ['苺は毎朝水をやること', 'The hose is in the shed'],
    skipped: [
      'the result of a tool',
      'written by Claude Code, not by the user',
      'the task of a subagent',
      'written by Claude Code, not by the user',
    ],
    unknown: lines([prompt('u1', 'hello', { version: '3.0.0' })]),
    // A session that is being written ends anywhere.
    cuts: [],
  },
  {
    format: 'claude-ai',
    name: 'conversations.json',
    text: claudeAi(),
    contents: ['京都に引っ越した', 'I like "quotes", [brackets] and \\ too'],
    skipped: [],
    unknown: claudeAi('somebody'),
  },
  {
    format: 'chatgpt',
    name: 'conversations.json',
    text: chatgpt({
      a: { id: 'a', parent: null, children: [], message: null },
      b: node('b', 'a', 'user', ['a prompt that was replaced']),
      c: node('c', 'a', 'user', ['札幌へ行く', { content_type: 'image_asset_pointer' }], {
        content: { content_type: 'multimodal_text', parts: ['札幌へ行く', { content_type: 'image_asset_pointer' }] },
      }),
      d: node('d', 'c', 'assistant', ['Enjoy!']),
      e: node('e', 'a', 'user', ['about me'], { metadata: { is_visually_hidden_from_conversation: true } }),
    }),
    contents: ['札幌へ行く'],
    skipped: ['a prompt that was edited later', 'not shown in the conversation'],
    unknown: chatgpt({ a: { message: { id: 'a', author: { role: 'user' }, content: 'plain' } } }),
  },
  {
    format: 'server-memory',
    name: 'memory.jsonl',
    text: lines([
      { type: 'entity', name: 'Mika', entityType: 'person', observations: ['likes tea', '京都に住んでいる'] },
      { type: 'entity', name: 'Kyoto', entityType: 'city', observations: [] },
      { type: 'relation', from: 'Mika', to: 'Kyoto', relationType: 'lives in' },
    ]),
    contents: ['Mika: likes tea', 'Mika: 京都に住んでいる', 'Kyoto (city)', 'Mika lives in Kyoto'],
    skipped: [],
    unknown: lines([{ type: 'entity', name: 'Mika', entityType: 'person', observations: [] }, { type: 'graph' }]),
  },
  {
    format: 'json-lines',
    name: 'lines.jsonl',
    text: lines([{ content: 'one' }, { content: '二つ' }, { content: ' ' }]),
    contents: ['one', '二つ'],
    skipped: ['it has no text'],
    unknown: lines([{ format: 'memory-mcp export', format_version: 2 }]),
  },
  {
    format: 'markdown',
    name: 'memory_20261124093000.md',
    text: note(1),
    contents: ['苺のアレルギーがある'],
    skipped: [],
    unknown: note(2),
    source: 'claude',
    // Below the front matter a shorter text is an edit.
    cuts: [0.1, 0.3, 0.6],
  },
];
