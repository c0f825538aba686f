/**
 * docs/migration.md against the code: every name of the original is in its tables, what they say exists exists, and the
 * Japanese page says the same.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { machineVariables } from '../../src/config/external-environment.ts';
import { settings } from '../../src/config/schema.ts';
import { ownVariables } from '../../src/config/variables.ts';
import { operations } from '../../src/operation/index.ts';
import { memoryTemplate, resources } from '../../src/operation/resource.ts';
import { spawnHttpServer } from '../support/http-server.ts';
import { runCommand } from '../support/run-command.ts';
import { repositoryRoot } from '../support/surroundings.ts';

interface TableRow {
  readonly section: string;
  /** What stands in backticks. */
  readonly there: readonly string[];
  readonly here: readonly string[];
}

function readTables(page: string, head: string): TableRow[] {
  const text = readFileSync(join(repositoryRoot, 'docs', page), 'utf8');
  const names = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
  return text.split(/^## /m).flatMap((section, index) => {
    const table = section.slice(section.indexOf(head));
    if (!table.startsWith(head)) return [];
    return table
      .split('\n')
      .slice(2)
      .filter((line) => line.startsWith('| '))
      .map((line) => line.split(/(?<!\\)\|/))
      .map(([, there, here]) => ({ section: String(index), there: names(there), here: names(here) }));
  });
}

const english = readTables('migration.md', '| There | Here |');
const japanese = readTables('migration.ja.md', '| 旧版 | 今 |');
const namesThere = english.flatMap(({ there }) => there);

/** Everything that the versions of the original had, by the research into them. */
const original = {
  'tools of the first versions': `list_memory create_memory update_memory read_memory delete_memory search_memory
    clean_memory search_memory_rag get_time_since_last_conversation get_persona_context rebuild_vector_store_tool
    migrate_sqlite_to_qdrant_tool migrate_qdrant_to_sqlite_tool find_related_memories detect_duplicates merge_memories
    analyze_sentiment generate_knowledge_graph get_context memory item check_routines`,
  'operations of its tool memory': 'create read update delete search stats',
  'tools of its last version': `get_context memory_create memory_read memory_update memory_delete memory_search
    memory_stats update_context item sandbox_execute sandbox_files sandbox_reset sandbox_context goal_manage invoke_skill
    browser search image_generate read_pdf list_skills`,
  parameters: `content emotion_type context_tags physical_state mental_state environment relationship_status user_info
    persona_info key query top_k fuzzy_match fuzzy_threshold tags tag_match_mode date_range memory_key upsert threshold
    max_pairs memory_keys merged_content keep_all_tags delete_originals format min_count min_cooccurrence remove_isolated
    operation emotion_intensity importance action_tag mode min_importance equipped_item importance_weight recency_weight
    item_name description quantity category equipment slot slots days favorite_items active_promises current_goals
    special_moments current_equipment privacy_level source_context defer_vector skip_duplicate_check limit offset emotion
    vector_weight keyword_weight top_n body_state speech_style context_note nickname relationship_type auto_add scope code
    language libraries session_id path level name task action num_results prompt size quality n provider`,
  headers: 'X-Persona Mcp-Session-Id',
  resources: 'memory://info memory://metrics memory://stats memory://cleanup',
  routes: `/health / /api/personas /api/dashboard/{persona} /dashboard/{persona} /static /output/{filename}
    /persona/{persona}/knowledge_graph.html /api/admin/clean /api/admin/rebuild /api/admin/migrate
    /api/admin/detect-duplicates /api/admin/merge /api/admin/generate-graph /api/admin/summarize
    /api/admin/migrate-schema /api/admin/rebuild-stream /api/admin/summarize-stream /api/admin/rebuild/{persona}
    /api/personas/{persona} /api/personas/{persona}/profile /api/memories/{persona} /api/memories/{persona}/{key}
    /api/observations/{persona} /api/search/{persona} /api/emotions/{persona} /api/strengths/{persona}
    /api/graph/{persona} /api/blocks/{persona} /api/items/{persona} /api/settings /api/import/{persona}
    /api/export/{persona} /api/import-conversation/{persona} /api/skills /api/events/{persona} /api/events/ingest
    /api/session-events/{persona} /api/chat/{persona} /mcp`,
  settings: `embeddings_model embeddings_device reranker_model reranker_top_n sentiment_model server_host server_port
    timezone recent_memories_count storage_backend qdrant_url qdrant_api_key qdrant_collection_prefix vector_rebuild.mode
    .idle_seconds .min_interval auto_cleanup.enabled .idle_minutes .check_interval_seconds .duplicate_threshold
    .min_similarity_to_report .max_suggestions_per_run summarization.…`,
  variables: `MEMORY_MCP_DATA_DIR MEMORY_MCP_CONFIG_PATH MEMORY_MCP_LOG_FILE HF_HOME TRANSFORMERS_CACHE
    SENTENCE_TRANSFORMERS_HOME TORCH_HOME PYTHONUNBUFFERED PERSONA NOUS_DEFAULT_PERSONA NOUS_DATA_ROOT NOUS_SERVER__HOST
    NOUS_SERVER__PORT NOUS_TIMEZONE NOUS_LOG_LEVEL NOUS_EMBEDDING__MODEL NOUS_EMBEDDING__DEVICE NOUS_RERANKER__MODEL
    NOUS_RERANKER__ENABLED NOUS_QDRANT__URL NOUS_QDRANT__API_KEY NOUS_QDRANT__COLLECTION_PREFIX`,
};

it.each(Object.entries(original))('names all %s', (_, names) => {
  const routes = namesThere.map((name) => name.replace(/^[A-Z]+ /, ''));
  const missing = names.split(/\s+/).filter((name) => !namesThere.includes(name) && !routes.includes(name));
  expect(missing).toEqual([]);
});

const argumentsOf = ({ input }: { input: z.ZodType }) => (input instanceof z.ZodObject ? Object.keys(input.shape) : []);
const commands = new Set(english.flatMap(({ here }) => here).filter((name) => /^memory-mcp /.test(name)));
const variables = [
  ...settings.flatMap((setting) => setting.variables),
  ...[...ownVariables, ...machineVariables].map(({ name }) => name),
];
const known = new Set([
  ...operations.map(({ name }) => name),
  ...operations.flatMap(argumentsOf),
  ...[...resources.map(({ uri }) => uri), memoryTemplate.uriTemplate],
  ...settings.flatMap(({ key, path: [group = ''] }) => [key, group]),
  ...variables,
  ...['GET /health', 'GET /', 'GET /api/personas', '/api/<operation>'],
  ...operations.flatMap(({ name }) => ['', 'GET ', 'POST '].map((method) => `${method}/api/${name}`)),
  // Words, values and files, which are no names of today's interface.
  ...['X-Persona', 'X-Persona: nilou', 'Authorization: Bearer <token>', '%E8%91%B5', 'serve --persona'],
  ...['ok', 'degraded', 'config.json', 'logs/memory_operations.log', 'hybrid', 'keyword', 'semantic', 'original/'],
  ...['cpu', 'mps', 'auto', 'idle', '[[links]]', 'memory_block', 'summary', 'goal', 'promise', 'imported'],
]);

it('says of nothing that it exists which does not', () => {
  const invented = english
    .flatMap(({ here }) => here)
    .filter((name) => !commands.has(name) && !known.has(name.replace(/=\w+$/, '')))
    // "None, as `merge_memories`", and what the original wrote in the way of names.
    .filter((name) => !namesThere.includes(name) && !/^(?:è|_$|related$)/.test(name));
  expect(invented).toEqual([]);
});

it('names settings that are read as it says', () => {
  const renamed = english.filter(({ there }) => there.some((name) => name.startsWith('NOUS_') && !name.endsWith('…')));
  expect(renamed.length).toBeGreaterThan(5);
  expect(renamed.flatMap(({ here }) => here).filter((name) => !variables.includes(name.replace(/=\w+$/, '')))).toEqual(
    [],
  );
});

it.each([...commands])('%s is a command', async (command) => {
  const words = command.split(' ').slice(1);
  const verbs = words.filter((word) => !/^--|index_rebuild/.test(word));
  const help = await runCommand([...verbs, '--help']);
  expect(help).toMatchObject({ code: 0, out: expect.stringContaining(`Usage: memory-mcp ${verbs.join(' ')} `) });
  for (const flag of words.filter((word) => word.startsWith('--'))) expect(help.out).toContain(flag);
});

it('names routes that there are', async () => {
  const server = await spawnHttpServer();
  const routes = english.flatMap(({ here }) => here).filter((name) => /^(?:[A-Z]+ )?\/(?!api\/<)/.test(name));
  expect(routes.length).toBeGreaterThan(5);
  for (const route of new Set(routes)) {
    const { status } = await server.request(route.replace(/^[A-Z]+ /, ''), {
      method: /^[A-Z]+/.exec(route)?.[0] ?? 'POST',
      body: {},
    });
    expect([route, status === 404]).toEqual([route, false]);
  }
});

describe('the Japanese page', () => {
  it('has the same rows with the same names', () => {
    const sorted = ({ there, here }: TableRow) => ({ there: [...there].sort(), here: [...here].sort() });
    expect(japanese.map(sorted)).toEqual(english.map(sorted));
  });

  it('has the same blocks of code', () => {
    const blocks = (page: string) =>
      [...readFileSync(join(repositoryRoot, 'docs', page), 'utf8').matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(
        ([, language, code = '']) => [language, code.replace(/^#.*$/gm, '')],
      );
    expect(blocks('migration.ja.md')).toEqual(blocks('migration.md'));
  });
});
