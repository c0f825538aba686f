/** What a user of the original system brings along: its config.json, its compose environments, its own spellings. */
import { describe, expect, it } from 'vitest';
import { createMachine } from './machine.ts';

const guideFile = {
  embeddings_model: 'cl-nagoya/ruri-v3-30m',
  embeddings_device: 'cpu',
  reranker_model: 'hotchpotch/japanese-reranker-xsmall-v2',
  reranker_top_n: 5,
  server_host: '0.0.0.0',
  server_port: 8000,
  storage_backend: 'sqlite',
  qdrant_url: 'http://localhost:6333',
  qdrant_api_key: null,
  qdrant_collection_prefix: 'memory_',
};

describe('the deployment guide', () => {
  it('has a config.json that loads without a warning', async () => {
    const { load, write } = createMachine();
    const { configuration, warnings } = await load({ flags: { config: write('config.json', guideFile) } });
    const { qdrant_api_key: none, ...others } = guideFile;
    expect(none).toBeNull();
    expect(configuration).toMatchObject(others);
    expect(warnings).toEqual([]);
  });

  it('has a compose environment that goes before that file', async () => {
    const { load, path, write } = createMachine();
    const environment = {
      HF_HOME: path('data/cache/huggingface'),
      TRANSFORMERS_CACHE: path('data/cache/transformers'),
      SENTENCE_TRANSFORMERS_HOME: path('data/cache/sentence_transformers'),
      TORCH_HOME: path('data/cache/torch'),
      MEMORY_MCP_CONFIG_PATH: write('config/config.json', guideFile),
      MEMORY_MCP_DATA_DIR: path('data'),
      MEMORY_MCP_SERVER_PORT: '26262',
      PYTHONUNBUFFERED: '1',
    };
    const { configuration, warnings, paths, file } = await load({ environment });
    expect(configuration).toMatchObject({ server_port: 26262, server_host: '0.0.0.0' });
    expect(file).toBe(environment.MEMORY_MCP_CONFIG_PATH);
    expect(paths).toMatchObject({ data: path('data'), models: path('data/cache/huggingface') });
    expect(warnings).toEqual([]);
  });

  it('has a compose environment with Qdrant', async () => {
    const { load, path } = createMachine();
    const environment = {
      MEMORY_MCP_DATA_DIR: path('data'),
      MEMORY_MCP_SERVER_PORT: '26262',
      MEMORY_MCP_STORAGE_BACKEND: 'qdrant',
      MEMORY_MCP_QDRANT_URL: 'http://qdrant:6333',
      PYTHONUNBUFFERED: '1',
    };
    const { configuration, warnings, sources } = await load({ environment });
    expect(configuration).toMatchObject({
      storage_backend: 'qdrant',
      qdrant_url: 'http://qdrant:6333',
      server_port: 26262,
    });
    expect(sources.qdrant_url).toEqual({ from: 'environment', name: 'MEMORY_MCP_QDRANT_URL' });
    expect(warnings).toEqual([]);
  });
});

describe('the original system', () => {
  it('had keys that nothing uses any more: they load with one warning', async () => {
    const { load, write } = createMachine();
    const config = write('config.json', {
      ...guideFile,
      sentiment_model: 'cardiffnlp/twitter-xlm-roberta-base-sentiment',
      timezone: 'Asia/Tokyo',
      recent_memories_count: 5,
      vector_rebuild: { mode: 'idle', idle_seconds: 30, min_interval: 120 },
      auto_cleanup: {
        enabled: true,
        idle_minutes: 30,
        check_interval_seconds: 300,
        duplicate_threshold: 0.9,
        min_similarity_to_report: 0.85,
        max_suggestions_per_run: 20,
      },
      summarization: { enabled: true, use_llm: false, llm_api_key: 'hunter2', llm_max_tokens: 500, llm_prompt: null },
    });
    const environment = {
      MEMORY_MCP_LOG_FILE: '/app/log.txt',
      MEMORY_MCP_SUMMARIZATION_ENABLED: 'false',
      MEMORY_MCP_SUMMARIZATION__LLM_API_KEY: 'hunter2',
    };
    const { warnings, configuration } = await load({ flags: { config }, environment });
    expect(configuration.timezone).toBe('Asia/Tokyo');
    expect(warnings).toHaveLength(1);
    for (const name of [
      'sentiment_model',
      'summarization',
      'MEMORY_MCP_LOG_FILE',
      'MEMORY_MCP_SUMMARIZATION_ENABLED',
      'auto_cleanup',
    ]) {
      expect(warnings[0]).toContain(name);
    }
    expect(warnings[0]).not.toContain('hunter2');
  });

  it.each([
    ['embeddings_device', 'mps', { embeddings_device: 'cpu' }],
    ['vector_rebuild', { mode: 'auto' }, { vector_rebuild: { mode: 'idle' } }],
  ])('knew other words for %s (%j): they are read as today’s, with a warning', async (key, value, expected) => {
    const { load, write } = createMachine();
    const { configuration, warnings } = await load({ flags: { config: write('my.json', { [key]: value }) } });
    expect(configuration).toMatchObject(expected);
    expect(warnings).toHaveLength(1);
  });

  it('took the persona from PERSONA, which counts where nothing newer does', async () => {
    const { load } = createMachine();
    const persona = async (environment: Record<string, string>) => (await load({ environment })).configuration.persona;
    expect(await persona({ PERSONA: '葵', NOUS_DEFAULT_PERSONA: 'nilou' })).toBe('葵');
    expect(await persona({ NOUS_DEFAULT_PERSONA: 'nilou' })).toBe('nilou');
    expect(await persona({ PERSONA: '葵', MEMORY_MCP_PERSONA: 'sofia' })).toBe('sofia');
  });

  it('had NOUS_ variables in its last version: they set what they have here, and the others are named once', async () => {
    const { load, path } = createMachine();
    const environment = {
      NOUS_DATA_ROOT: path('nous'),
      NOUS_SERVER__HOST: '0.0.0.0',
      NOUS_SERVER__PORT: '8080',
      NOUS_TIMEZONE: 'Asia/Tokyo',
      NOUS_LOG_LEVEL: 'WARNING',
      NOUS_EMBEDDING__MODEL: 'intfloat/multilingual-e5-small',
      NOUS_EMBEDDING__DEVICE: 'cpu',
      NOUS_RERANKER__MODEL: 'none',
      NOUS_QDRANT__URL: 'http://qdrant:6333',
      NOUS_QDRANT__API_KEY: '',
      NOUS_QDRANT__COLLECTION_PREFIX: 'memory_',
      NOUS_SEARXNG_URL: 'http://nas:8888',
      NOUS_OPENROUTER_API_KEY: 'hunter2',
    };
    const { configuration, warnings, paths, sources } = await load({ environment });
    expect(paths.data).toBe(path('nous'));
    expect(configuration).toMatchObject({
      server_host: '0.0.0.0',
      server_port: 8080,
      timezone: 'Asia/Tokyo',
      log_level: 'warn',
      embeddings_model: 'intfloat/multilingual-e5-small',
      reranker_model: 'none',
      qdrant_url: 'http://qdrant:6333',
    });
    expect(sources.server_port).toEqual({ from: 'environment', name: 'NOUS_SERVER__PORT' });
    expect(warnings).toEqual([
      expect.stringContaining('NOUS_LOG_LEVEL'),
      'NOUS_OPENROUTER_API_KEY, NOUS_SEARXNG_URL are settings of the original system and have no effect',
    ]);
    expect(warnings.join()).not.toContain('hunter2');
  });

  describe('let its file go before the environment', () => {
    const environment = {
      MEMORY_MCP_SERVER_PORT: '26262',
      MEMORY_MCP_TIMEZONE: 'UTC',
      MEMORY_MCP_STORAGE_BACKEND: 'qdrant',
      MEMORY_MCP_RERANKER_TOP_N: '5',
    };

    it('and hears once where that makes a difference', async () => {
      const { load, write } = createMachine();
      const config = write('config.json', { ...guideFile, timezone: 'Asia/Tokyo' });
      const { configuration, warnings } = await load({ flags: { config }, environment });
      expect(configuration).toMatchObject({ timezone: 'UTC', storage_backend: 'qdrant', server_port: 26262 });
      expect(warnings).toEqual([
        `${config} and the environment differ in timezone (MEMORY_MCP_TIMEZONE), storage_backend (MEMORY_MCP_STORAGE_BACKEND). The environment counts; in the original system the file did. Remove the one that is wrong`,
      ]);
    });

    it('which a file of today does not, and is not told about', async () => {
      const { load, write } = createMachine();
      const config = write('config.json', { ...guideFile, timezone: 'Asia/Tokyo', log_level: 'info' });
      const { warnings } = await load({ flags: { config }, environment });
      expect(warnings).toEqual([]);
    });
  });
});
