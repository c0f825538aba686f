/**
 * One persona of each generation of the original system, with what that generation stored and the faults that it
 * produced.
 */
import { chownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  age,
  type OriginalPersonaData,
  type OriginalTables,
  writeDatabase,
  writeOriginalPersona,
} from './original-data.ts';

const firstInventory = `
  CREATE TABLE items (item_id TEXT PRIMARY KEY, item_name TEXT NOT NULL, description TEXT, category TEXT, tags TEXT,
    created_at TEXT NOT NULL);
  CREATE TABLE inventory (persona TEXT NOT NULL, item_id TEXT NOT NULL, quantity INTEGER DEFAULT 1,
    is_equipped INTEGER DEFAULT 0, equipped_slot TEXT, acquired_at TEXT NOT NULL, PRIMARY KEY (persona, item_id));
  CREATE TABLE equipment_history (id INTEGER PRIMARY KEY AUTOINCREMENT, persona TEXT NOT NULL, item_id TEXT,
    slot TEXT NOT NULL, action TEXT NOT NULL, timestamp TEXT NOT NULL);
`;

const secondInventory = `
  CREATE TABLE items (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE NOT NULL, category TEXT, description TEXT,
    quantity INTEGER DEFAULT 1, tags TEXT DEFAULT '[]', created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
  CREATE TABLE equipment_slots (slot TEXT PRIMARY KEY, item_name TEXT, equipped_at TEXT);
  CREATE TABLE equipment_history (id INTEGER PRIMARY KEY AUTOINCREMENT, action TEXT NOT NULL, slot TEXT, item_name TEXT,
    timestamp TEXT NOT NULL, details TEXT);
`;

const firstGoals = `
  CREATE TABLE goals (id INTEGER PRIMARY KEY AUTOINCREMENT, content TEXT NOT NULL, created_at TEXT NOT NULL,
    target_date TEXT, status TEXT DEFAULT 'active', completed_at TEXT, progress INTEGER DEFAULT 0, notes TEXT);
  CREATE TABLE promises (id INTEGER PRIMARY KEY AUTOINCREMENT, content TEXT NOT NULL, created_at TEXT NOT NULL,
    due_date TEXT, status TEXT DEFAULT 'active', completed_at TEXT, priority INTEGER DEFAULT 0, notes TEXT);
`;

const secondGoals = `
  CREATE TABLE goals (id TEXT PRIMARY KEY, description TEXT NOT NULL, status TEXT DEFAULT 'active',
    priority INTEGER DEFAULT 0, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, completed_at TEXT,
    metadata TEXT DEFAULT '{}');
  CREATE TABLE promises (id TEXT PRIMARY KEY, description TEXT NOT NULL, status TEXT DEFAULT 'active',
    priority INTEGER DEFAULT 0, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, fulfilled_at TEXT,
    metadata TEXT DEFAULT '{}');
`;

const lateTables = `
  CREATE TABLE memory_strength (memory_key TEXT PRIMARY KEY, strength REAL DEFAULT 1.0, stability REAL DEFAULT 1.0,
    last_decay TEXT, recall_count INTEGER DEFAULT 0, last_recall TEXT);
  CREATE TABLE memory_blocks (block_name TEXT PRIMARY KEY, content TEXT NOT NULL, block_type TEXT DEFAULT 'custom',
    max_tokens INTEGER DEFAULT 500, priority INTEGER DEFAULT 0, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    metadata TEXT DEFAULT '{}');
  CREATE TABLE context_state (persona TEXT NOT NULL, key TEXT NOT NULL, value TEXT, valid_from TEXT NOT NULL,
    valid_until TEXT, change_source TEXT, PRIMARY KEY (persona, key, valid_from));
  CREATE TABLE emotion_history (id INTEGER PRIMARY KEY AUTOINCREMENT, emotion_type TEXT NOT NULL,
    intensity REAL DEFAULT 0.5, timestamp TEXT NOT NULL, trigger_memory_key TEXT, context TEXT);
  CREATE TABLE user_info (persona TEXT NOT NULL, key TEXT NOT NULL, value TEXT, updated_at TEXT NOT NULL,
    PRIMARY KEY (persona, key));
  CREATE TABLE persona_info (persona TEXT NOT NULL, key TEXT NOT NULL, value TEXT, updated_at TEXT NOT NULL,
    PRIMARY KEY (persona, key));
  CREATE TABLE memory_versions (id INTEGER PRIMARY KEY AUTOINCREMENT, memory_key TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1, content TEXT NOT NULL, metadata TEXT, changed_by TEXT DEFAULT 'user',
    change_type TEXT NOT NULL, created_at TEXT NOT NULL, UNIQUE(memory_key, version));
  CREATE TABLE memory_entities (memory_key TEXT NOT NULL, entity_id TEXT NOT NULL, role TEXT DEFAULT 'mentioned',
    PRIMARY KEY (memory_key, entity_id));
  CREATE TABLE chat_sessions (persona TEXT NOT NULL, session_id TEXT NOT NULL, messages TEXT NOT NULL DEFAULT '[]',
    timestamps TEXT NOT NULL DEFAULT '[]', updated_at TEXT NOT NULL, PRIMARY KEY (persona, session_id));
  CREATE TABLE _migrations (version INTEGER PRIMARY KEY);
`;

const operation = (timestamp: string, name: string, key: string, before: object | null = null) =>
  [
    'operations',
    {
      timestamp,
      operation_id: `${timestamp} ${name}`,
      operation: name,
      key,
      before: before === null ? null : JSON.stringify(before),
      success: 1,
    },
  ] as const;

/** November 2025. Local times and tags in three forms; a log with the text that an update replaced. */
const seed: OriginalPersonaData = {
  generation: '5 columns',
  memories: [
    {
      key: 'memory_20251101173000',
      content: '苺が好き',
      created_at: '2025-11-01T17:30:00.123456',
      updated_at: '2025-11-02T09:00:00',
      tags: '["food"]',
    },
    {
      key: 'memory_20251101173000_01',
      content: 'The cat is called Miso',
      created_at: '2025-11-01T17:30:00',
      updated_at: '2025-11-01T17:30:00',
      tags: null,
    },
    {
      key: 'memory_20251103080000_merged',
      content: '引っ越しの相談をした\n\n京都に決めた',
      created_at: '2025-11-03T08:00:00',
      updated_at: '2025-11-05T21:00:00.5+09:00',
      tags: '[]',
    },
    { key: 'memory_20251104000000', content: '', created_at: '2025-11-04T00:00:00', updated_at: '', tags: '' },
    {
      key: 'memory_20251105101112',
      content: '時計が壊れていた日の記憶',
      created_at: 'yesterday',
      updated_at: 'soon',
      tags: "['clock', 'broken']",
    },
  ],
  tables: {
    schema: '',
    rows: [
      operation('2025-11-01T17:30:00', 'create', 'memory_20251101173000'),
      operation('2025-11-02T09:00:00', 'update', 'memory_20251101173000', { content: '苺が嫌い', tags: ['food'] }),
      operation('2025-11-02T10:00:00', 'delete', 'memory_20251102080000', { content: '消した秘密' }),
      operation('2025-11-06T08:00:00', 'list', ''),
    ],
  },
  context: JSON.stringify({
    user_info: { name: 'らう', nickname: null, preferred_address: null },
    persona_info: { name: 'default', nickname: null, preferred_address: null },
    last_conversation_time: '2025-11-06T08:00:00+09:00',
    current_emotion: 'joy',
    physical_state: 'normal',
    mental_state: 'calm',
    environment: 'unknown',
    relationship_status: 'normal',
  }),
  files: { 'cleanup_suggestions.json': '{"groups": []}' },
};

/** Later in November. States, associations, a summary, the first inventory, goals as text, and a key that is there twice. */
const equipped: OriginalPersonaData = {
  generation: '16 columns',
  withoutKey: true,
  memories: [
    {
      key: 'memory_20251117200000',
      content: '新しい靴で散歩した',
      created_at: '2025-11-17T20:00:00',
      updated_at: '2025-11-17T20:00:00',
      tags: '["walk"]',
      importance: 0.8,
      emotion: 'joy',
      emotion_intensity: 0.7,
      environment: '公園',
      action_tag: 'walking',
      related_keys: '["memory_20251116200000"]',
      summary_ref: 'summary_20251118000000',
      equipped_items: '{"feet": "赤い靴"}',
    },
    {
      key: 'memory_20251117200000',
      content: '同じ秒のもう一つの記憶',
      created_at: '2025-11-17T20:00:00',
      updated_at: '2025-11-17T20:00:00',
    },
    {
      key: 'summary_20251118000000',
      content: '1 memory. Dominant emotion: joy.',
      created_at: '2025-11-18T00:00:00',
      updated_at: '2025-11-18T00:00:00',
      tags: '["summary", "walk"]',
      importance: 1.5,
      emotion_intensity: 'strong',
    },
  ],
  inventory: {
    schema: firstInventory,
    rows: [
      [
        'items',
        {
          item_id: 'b7c1',
          item_name: '赤い靴',
          description: '歩きやすい革の靴',
          category: 'shoes',
          tags: '["gift"]',
          created_at: '2025-11-16T09:00:00+09:00',
        },
      ],
      [
        'inventory',
        {
          persona: 'nilou',
          item_id: 'b7c1',
          quantity: 2,
          is_equipped: 1,
          equipped_slot: 'feet',
          acquired_at: '2025-11-16T09:00:00+09:00',
        },
      ],
      [
        'equipment_history',
        { persona: 'nilou', item_id: 'b7c1', slot: 'feet', action: 'equip', timestamp: '2025-11-17T08:00:00+09:00' },
      ],
      [
        'equipment_history',
        { persona: 'nilou', item_id: null, slot: 'head', action: 'unequip', timestamp: '2025-11-17T08:00:00+09:00' },
      ],
    ],
  },
  context: JSON.stringify({
    user_info: { name: 'User' },
    current_goals: '本を書き終える',
    active_promises: '土曜に電話する',
    preferences: { loves: ['tea'], dislikes: [] },
    special_moments: [{ content: '花火', date: '2025-08-01', emotion: 'joy' }],
    last_conversation_time: '2025-11-18T00:00:00+09:00',
  }),
};

/** December to February. Goals and promises as rows, memory blocks, a context that was torn while it was written. */
const blocks: OriginalPersonaData = {
  generation: '18 columns',
  memories: [
    {
      key: 'memory_20251212120000',
      content: '月に一度は山に登る',
      created_at: '2025-12-12T12:00:00',
      updated_at: '2025-12-12T12:00:00',
      access_count: 4,
      last_accessed: '2026-01-01T10:00:00',
    },
  ],
  tables: {
    schema: `${firstGoals}
      CREATE TABLE memory_blocks (persona TEXT NOT NULL, name TEXT NOT NULL, content TEXT, description TEXT,
        updated_at TEXT NOT NULL, PRIMARY KEY (persona, name));
      CREATE TABLE user_state_history (id INTEGER PRIMARY KEY AUTOINCREMENT, persona TEXT NOT NULL, key TEXT NOT NULL,
        value TEXT, valid_from TEXT NOT NULL, valid_until TEXT, created_at TEXT NOT NULL);
      CREATE TABLE emotion_history (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT NOT NULL, memory_key TEXT,
        emotion TEXT NOT NULL, emotion_intensity REAL DEFAULT 0.0);`,
    rows: [
      [
        'goals',
        {
          content: '富士山に登る',
          created_at: '2025-12-12T12:00:00+09:00',
          target_date: '2026-08-01',
          progress: 30,
          notes: '靴を買う',
        },
      ],
      [
        'goals',
        {
          content: '早起きする',
          created_at: '2025-12-01T12:00:00+09:00',
          status: 'completed',
          completed_at: '2025-12-31T12:00:00+09:00',
        },
      ],
      ['promises', { content: '写真を送る', created_at: '2025-12-13T12:00:00+09:00', status: 'cancelled' }],
      [
        'memory_blocks',
        {
          persona: '葵',
          name: 'user_model',
          content: '山が好きな人',
          description: 'about the user',
          updated_at: '2026-02-21T12:00:00+09:00',
        },
      ],
      [
        'user_state_history',
        {
          persona: '葵',
          key: 'name',
          value: 'アオイ',
          valid_from: '2026-01-01T00:00:00+09:00',
          valid_until: '2026-02-01T00:00:00+09:00',
          created_at: '2026-01-01T00:00:00+09:00',
        },
      ],
      [
        'user_state_history',
        {
          persona: '葵',
          key: 'name',
          value: '葵',
          valid_from: '2026-02-01T00:00:00+09:00',
          valid_until: null,
          created_at: '2026-02-01T00:00:00+09:00',
        },
      ],
      [
        'emotion_history',
        {
          timestamp: '2025-12-12T12:00:00',
          memory_key: 'memory_20251212120000',
          emotion: 'pride',
          emotion_intensity: 0.6,
        },
      ],
      [
        'emotion_history',
        { timestamp: '2025-12-12T12:00:00', memory_key: null, emotion: 'calm', emotion_intensity: 0.1 },
      ],
    ],
  },
  context: '{"user_info": {"name": "葵"}, "current_emo',
  files: {
    'persona_context.json.backup': JSON.stringify({
      current_emotion: 'pride',
      current_emotion_intensity: 0.6,
      last_conversation_time: '2026-02-21T12:00:00+09:00',
    }),
  },
};

const lateInventory: OriginalTables = {
  schema: secondInventory,
  rows: [
    [
      'items',
      {
        name: '銀の鍵',
        category: 'misc',
        description: '書斎の鍵',
        created_at: '2026-04-01T09:00:00+09:00',
        updated_at: '2026-04-02T09:00:00+09:00',
      },
    ],
    ['equipment_slots', { slot: 'hand', item_name: '銀の鍵', equipped_at: '2026-04-02T09:00:00+09:00' }],
    [
      'equipment_history',
      { action: 'equip', slot: 'hand', item_name: '銀の鍵', timestamp: '2026-04-02T09:00:00+09:00' },
    ],
  ],
};

/** The rewrite of March 2026: goals as rows of another form, blocks and context in tables. */
const rewritten: OriginalPersonaData = {
  generation: '20 columns',
  memories: [
    {
      key: 'memory_20260401090000_123456_0a1b2c3d',
      content: '書斎の模様替えをした',
      created_at: '2026-04-01T09:00:00+09:00',
      updated_at: '2026-04-01T09:00:00+09:00',
      privacy_level: 'private',
      source_context: 'chat',
    },
  ],
  tables: {
    schema: `${lateTables}${secondGoals}`,
    rows: [
      [
        'goals',
        {
          id: 'g1',
          description: '蔵書を数える',
          created_at: '2026-04-01T09:00:00+09:00',
          updated_at: '2026-04-01T09:00:00+09:00',
        },
      ],
      [
        'promises',
        {
          id: 'p1',
          description: '本を返す',
          status: 'fulfilled',
          created_at: '2026-04-01T09:00:00+09:00',
          updated_at: '2026-04-03T09:00:00+09:00',
          fulfilled_at: '2026-04-03T09:00:00+09:00',
        },
      ],
      [
        'memory_blocks',
        {
          block_name: 'active_context',
          content: '書斎の話の途中',
          created_at: '2026-04-01T09:00:00+09:00',
          updated_at: '2026-04-01T09:00:00+09:00',
        },
      ],
    ],
  },
  inventory: lateInventory,
};

const tagged = (key: string, content: string, tags: readonly string[]) => ({
  key,
  content,
  tags: JSON.stringify(tags),
  created_at: '2026-06-01T12:00:00+09:00',
  updated_at: '2026-06-05T12:00:00+09:00',
});

/** The last version: tagged goals, versions, strengths, tombstones, and the WAL of a process that was killed. */
const last: OriginalPersonaData = {
  generation: '24 columns',
  memories: [
    {
      key: 'memory_20260601120000_000001_0a1b2c3d',
      content: '今年の抱負は料理',
      created_at: '2026-06-01T12:00:00+09:00',
      updated_at: '2026-06-03T12:00:00+09:00',
      importance: 0.9,
      emotion: 'neutral',
      emotion_intensity: 0,
      body_state: '{"fatigue": 0.5}',
      state_snapped_at: '2026-06-01T12:00:00+09:00',
      tags: '["plan"]',
    },
    tagged('memory_20260601120001_000001_0a1b2c3d', 'フランス語を学ぶ', ['goal', 'active']),
    tagged('memory_20260601120002_000001_0a1b2c3d', '10 km 走る', ['goal', 'achieved', 'archived']),
    tagged('memory_20260601120003_000001_0a1b2c3d', '手紙を書くと約束した', ['goal', 'active', 'interpersonal']),
    {
      key: 'memory_20260602120000_000001_0a1b2c3d',
      content: '消した話',
      created_at: '2026-06-02T12:00:00+09:00',
      updated_at: '2026-06-04T12:00:00+09:00',
      lifecycle_status: 'tombstoned',
    },
  ],
  tables: {
    schema: lateTables,
    rows: [
      [
        'memory_versions',
        {
          memory_key: 'memory_20260601120000_000001_0a1b2c3d',
          version: 1,
          content: '今年の抱負は運動',
          change_type: 'create',
          created_at: '2026-06-01T12:00:00+09:00',
        },
      ],
      [
        'memory_versions',
        {
          memory_key: 'memory_20260601120000_000001_0a1b2c3d',
          version: 2,
          content: '今年の抱負は料理',
          metadata: '{"content": "今年の抱負は運動", "importance": 0.4, "tags": ["plan", "old"]}',
          change_type: 'update',
          created_at: '2026-06-03T12:00:00+09:00',
        },
      ],
      ['memory_strength', { memory_key: 'memory_20260601120000_000001_0a1b2c3d', strength: 0.8, recall_count: 3 }],
      ['memory_entities', { memory_key: 'memory_20260601120000_000001_0a1b2c3d', entity_id: '料理' }],
      [
        'emotion_history',
        {
          emotion_type: 'joy',
          intensity: 0.5,
          timestamp: '2026-06-01T12:00:00+09:00',
          trigger_memory_key: 'memory_20260601120000_000001_0a1b2c3d',
        },
      ],
      [
        'context_state',
        {
          persona: 'sofia',
          key: 'emotion',
          value: 'joy',
          valid_from: '2026-06-01T12:00:00+09:00',
          valid_until: '2026-06-02T12:00:00+09:00',
        },
      ],
      [
        'context_state',
        { persona: 'sofia', key: 'emotion', value: 'anticipation', valid_from: '2026-06-02T12:00:00+09:00' },
      ],
      [
        'context_state',
        { persona: 'sofia', key: 'emotion_intensity', value: '0.7', valid_from: '2026-06-02T12:00:00+09:00' },
      ],
      [
        'context_state',
        { persona: 'sofia', key: 'speech_style', value: 'polite', valid_from: '2026-06-02T12:00:00+09:00' },
      ],
      ['context_state', { persona: 'sofia', key: 'fatigue', value: '0.3', valid_from: '2026-06-02T12:00:00+09:00' }],
      ['user_info', { persona: 'sofia', key: 'name', value: 'ソフィア', updated_at: '2026-06-02T12:00:00+09:00' }],
      [
        'persona_info',
        { persona: 'sofia', key: 'favorite_items', value: '["紅茶"]', updated_at: '2026-06-02T12:00:00+09:00' },
      ],
      ['chat_sessions', { persona: 'sofia', session_id: 's1', updated_at: '2026-06-02T12:00:00+09:00' }],
    ],
  },
  killed: true,
};

/** By the names of their folders: 葵 as Latin-1, 星 as a client of today encodes it. */
export const originalPersonas: Readonly<Record<string, OriginalPersonaData>> = {
  default: seed,
  nilou: equipped,
  [Buffer.from('葵').toString('latin1')]: blocks,
  [encodeURIComponent('星')]: rewritten,
  sofia: last,
};

/** Writes them all, and one in the layout of the first days: `memory/old.sqlite`. */
export async function writeOriginalDataFolder(dataFolder: string): Promise<void> {
  for (const [folder, data] of Object.entries(originalPersonas)) await writeOriginalPersona(dataFolder, folder, data);
  await writeDatabase(join(dataFolder, 'memory', 'old.sqlite'), {}, (connection) => {
    connection.execute(`CREATE TABLE memories (key TEXT PRIMARY KEY, content TEXT NOT NULL, created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL)`);
    connection
      .sql('INSERT INTO memories VALUES (?, ?, ?, ?)')
      .run('memory_20251028090000', '最初の記憶', '2025-10-28T09:00:00', '2025-10-28T09:00:00');
  });
  age(dataFolder);
  giveToRoot(dataFolder);
}

/** As its containers, which ran as root, left everything. */
function giveToRoot(folder: string): void {
  if (process.getuid?.() !== 0) return;
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) chownSync(join(folder, name), 0, 0);
}
