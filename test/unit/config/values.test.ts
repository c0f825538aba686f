import { describe, expect, it } from 'vitest';
import { settings } from '../../../src/config/schema.ts';
import { createMachine } from './machine.ts';

describe('a bad value in the file', () => {
  it.each([
    ['server_port', 70000, '70000', 'a whole number from 0 to 65535'],
    ['server_port', '8000', '"8000"', 'a whole number from 0 to 65535'],
    ['server_port', 80.5, '80.5', 'a whole number from 0 to 65535'],
    ['server_host', 'http://0.0.0.0', '"http://0.0.0.0"', 'a host name or an IP address'],
    ['log_level', 'loud', '"loud"', 'one of debug, info, warn, error, silent'],
    ['storage_backend', 'postgres', '"postgres"', 'one of sqlite, faiss, qdrant'],
    ['tools', 'all', '"all"', 'one of core, full, read-only'],
    ['timezone', 'Mars/Olympus', '"Mars/Olympus"', 'an IANA time zone such as Asia/Tokyo or UTC'],
    ['timezone', '+09:00', '"+09:00"', 'an IANA time zone such as Asia/Tokyo or UTC'],
    ['qdrant_url', 'localhost:6333', '"localhost:6333"', 'an http or https address'],
    ['persona', '../root', '"../root"', 'a name of 1 to 64 letters'],
    ['embeddings_model', '', '""', 'a model id'],
    ['allow_unauthenticated', 'yes', '"yes"', 'true or false'],
    [
      'allowed_origins',
      ['https://a.example/'],
      '"https://a.example/"',
      'a list such as ["https://memory.example.com"]',
    ],
    ['allowed_hosts', ['*'], '"*"', 'a list of host names'],
    ['allowed_hosts', 'a,b', '"a,b"', 'a list of host names'],
    ['reranker_top_n', 0, '0', 'a whole number from 1 to 50'],
  ])('%s: %j is named with its value, what is allowed and the file', async (key, value, shown, allowed) => {
    const { refusal, write } = createMachine();
    const config = write('my.json', { [key]: value });
    const message = await refusal({ flags: { config } });
    for (const part of [key, config, ` is ${shown}`, allowed]) expect(message).toContain(part);
  });

  it('within a group is named with the group', async () => {
    const { refusal, write } = createMachine();
    const config = write('my.json', { auto_cleanup: { duplicate_threshold: 1.5 }, vector_rebuild: 'idle' });
    const message = await refusal({ flags: { config } });
    expect(message).toContain('auto_cleanup.duplicate_threshold in');
    expect(message).toContain('allowed: a number from 0 to 1');
    expect(message).toMatch(/vector_rebuild in .* is "idle"; allowed: an object/);
  });

  it('is reported together with all others', async () => {
    const { refusal, write } = createMachine();
    const config = write('my.json', { server_port: -1, log_level: 1 });
    const message = await refusal({
      flags: { config, tools: 'none' },
      environment: { MEMORY_MCP_TIMEZONE: 'Nowhere' },
    });
    expect(message).toContain('4 settings are invalid');
    for (const part of ['server_port in', 'log_level in', 'MEMORY_MCP_TIMEZONE (timezone)', '--tools (tools)']) {
      expect(message).toContain(part);
    }
  });
});

describe('an unknown key', () => {
  it('is refused with the nearest name, the value and the file', async () => {
    const { refusal, write } = createMachine();
    const config = write('my.json', { sever_port: 8000, auto_cleanup: { enable: true }, vector_rebuild_mode: 'idle' });
    const message = await refusal({ flags: { config } });
    expect(message).toMatch(/sever_port in .*my\.json is not a setting \(value 8000\); did you mean server_port\?/);
    expect(message).toMatch(/auto_cleanup\.enable in .*did you mean auto_cleanup\.enabled\?/);
    expect(message).toMatch(/vector_rebuild_mode in .*did you mean vector_rebuild\.mode\?/);
  });

  it('that resembles nothing lists what is allowed', async () => {
    const { refusal, write } = createMachine();
    const message = await refusal({ flags: { config: write('my.json', { colour: 'blue' }) } });
    for (const { key } of settings) expect(message).toContain(key);
  });

  it('for the data folder names its variable', async () => {
    const { refusal, write } = createMachine();
    expect(await refusal({ flags: { config: write('my.json', { data_dir: '/data' }) } })).toContain(
      'MEMORY_MCP_DATA_DIR',
    );
  });

  it('cannot reach the prototype', async () => {
    const { refusal, write } = createMachine();
    const config = write('my.json', '{"__proto__": {"server_port": 1}, "constructor": 1}');
    expect(await refusal({ flags: { config } })).toContain('__proto__');
  });
});

describe('a variable', () => {
  it('that is empty, or says null, is not set', async () => {
    const { load, write } = createMachine();
    const config = write('my.json', { server_port: 1, qdrant_api_key: null, vector_rebuild: null, timezone: null });
    const environment = { MEMORY_MCP_SERVER_PORT: '', MEMORY_MCP_QDRANT_API_KEY: 'null', MEMORY_MCP_TOOLS: '' };
    const { configuration, warnings } = await load({ flags: { config }, environment });
    expect(configuration).toMatchObject({ server_port: 1, tools: 'core', vector_rebuild: { mode: 'idle' } });
    expect(configuration.qdrant_api_key).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  it('keeps text as text, digits and trailing blanks included', async () => {
    const { load } = createMachine();
    const { configuration } = await load({
      environment: {
        MEMORY_MCP_QDRANT_API_KEY: '007',
        MEMORY_MCP_PERSONA: '1e3',
        MEMORY_MCP_EMBEDDINGS_QUERY_PREFIX: '検索クエリ: ',
      },
    });
    expect(configuration).toMatchObject({
      qdrant_api_key: '007',
      persona: '1e3',
      embeddings_query_prefix: '検索クエリ: ',
    });
  });

  it('holds numbers, truths, words in any case and lists', async () => {
    const { load } = createMachine();
    const { configuration } = await load({
      environment: {
        MEMORY_MCP_SERVER_PORT: ' 9000 ',
        MEMORY_MCP_RATE_LIMIT_PER_SECOND: '2.5',
        MEMORY_MCP_ALLOW_UNAUTHENTICATED: 'True',
        MEMORY_MCP_LOG_LEVEL: 'DEBUG',
        MEMORY_MCP_ALLOWED_HOSTS: 'a.example, b.example:8443,',
      },
    });
    expect(configuration).toMatchObject({
      server_port: 9000,
      rate_limit_per_second: 2.5,
      allow_unauthenticated: true,
      log_level: 'debug',
      allowed_hosts: ['a.example', 'b.example:8443'],
    });
  });

  it('reaches into a group with one underscore or two, or sets it as JSON', async () => {
    const { load } = createMachine();
    const { configuration } = await load({
      environment: {
        MEMORY_MCP_AUTO_CLEANUP_ENABLED: 'false',
        MEMORY_MCP_AUTO_CLEANUP__IDLE_MINUTES: '5',
        MEMORY_MCP_VECTOR_REBUILD: '{"mode": "manual", "idle_seconds": 1}',
        MEMORY_MCP_VECTOR_REBUILD_IDLE_SECONDS: '2',
      },
    });
    expect(configuration).toMatchObject({
      auto_cleanup: { enabled: false, idle_minutes: 5, check_interval_seconds: 300 },
      vector_rebuild: { mode: 'manual', idle_seconds: 2, min_interval: 120 },
    });
  });

  it('with a bad value is refused by its name', async () => {
    const { refusal } = createMachine();
    const message = await refusal({
      environment: { MEMORY_MCP_SERVER_PORT: '0x50', MEMORY_MCP_AUTO_CLEANUP__ENABLED: 'maybe' },
    });
    expect(message).toContain(
      'MEMORY_MCP_SERVER_PORT (server_port) is "0x50"; allowed: a whole number from 0 to 65535',
    );
    expect(message).toContain(
      'MEMORY_MCP_AUTO_CLEANUP__ENABLED (auto_cleanup.enabled) is "maybe"; allowed: true or false',
    );
  });

  it('of ours that means nothing warns with the nearest name, and its value stays out', async () => {
    const { load } = createMachine();
    const { warnings } = await load({
      environment: { MEMORY_MCP_SERVERPORT: '1', MEMORY_MCP_FAVOURITE_COLOUR: 'blue', OTHER: '1' },
    });
    expect(warnings).toHaveLength(2);
    expect(warnings.join()).toContain(
      'MEMORY_MCP_SERVERPORT is not a setting and has no effect; did you mean MEMORY_MCP_SERVER_PORT?',
    );
    expect(warnings.join()).toContain('MEMORY_MCP_FAVOURITE_COLOUR');
    expect(warnings.join()).not.toContain('blue');
  });

  it('EMBEDDINGS_DEVICE counts without our prefix, below the one with it', async () => {
    const { load, write } = createMachine();
    const config = write('my.json', { embeddings_device: 'cpu' });
    const one = await load({ flags: { config }, environment: { EMBEDDINGS_DEVICE: 'cuda' } });
    expect(one.configuration.embeddings_device).toBe('cuda');
    const second = await load({ environment: { EMBEDDINGS_DEVICE: 'CUDA:1' } });
    expect(second.configuration.embeddings_device).toBe('cuda:1');
    expect(one.sources.embeddings_device).toEqual({ from: 'environment', name: 'EMBEDDINGS_DEVICE' });
    const both = { EMBEDDINGS_DEVICE: 'cuda', MEMORY_MCP_EMBEDDINGS_DEVICE: 'cpu' };
    expect((await load({ environment: both })).configuration.embeddings_device).toBe('cpu');
  });
});

describe('tokens', () => {
  const tokens = [{ token: 's3cret-value', personas: ['a', 'ねこ'], name: 'laptop' }];
  const parsed = [{ ...tokens[0], read_only: false }];

  it('come from the file, from a variable with JSON or from a file that a variable names', async () => {
    const { load, write } = createMachine();
    const config = write('my.json', { auth_tokens: tokens });
    expect((await load({ flags: { config } })).configuration.auth_tokens).toEqual(parsed);
    const text = JSON.stringify(tokens);
    expect((await load({ environment: { MEMORY_MCP_AUTH_TOKENS: text } })).configuration.auth_tokens).toEqual(parsed);
    const secret = write('secret.json', `${text}\n`);
    const { configuration, warnings } = await load({ environment: { MEMORY_MCP_AUTH_TOKENS_FILE: secret } });
    expect(configuration.auth_tokens).toEqual(parsed);
    expect(configuration.rate_limit_per_second).toBe(100);
    expect(warnings).toEqual([]);
  });

  it.each(['', '   ', 'with blank', 'tokén', 'newline\n'])('refuse to start when one is %j', async (token) => {
    const { refusal, write } = createMachine();
    const config = write('my.json', { auth_tokens: [{ token, personas: '*' }] });
    expect(await refusal({ flags: { config } })).toContain('auth_tokens[0].token');
  });

  it('refuse to start when they are half configured', async () => {
    const { refusal, write, path } = createMachine();
    const of = (text: string) => refusal({ environment: { MEMORY_MCP_AUTH_TOKENS: text } });
    expect(await of('s3cret')).toContain('MEMORY_MCP_AUTH_TOKENS');
    expect(await of('[{"token": "s3cret"}]')).toContain('auth_tokens[0].personas');
    expect(await of('[{"token": "s3cret", "personas": []}]')).toContain('auth_tokens[0].personas');
    expect(await of('[{"token": "s3cret", "personas": "a"}]')).toContain('is "a"');
    expect(await of('[{"token": "s3cret", "personas": "*", "readonly": true}]')).toContain('readonly');
    const twice = JSON.stringify([tokens[0], tokens[0]]);
    expect(await of(twice)).toContain('contains a token twice');
    const file = (name: string) => refusal({ environment: { MEMORY_MCP_AUTH_TOKENS_FILE: name } });
    expect(await file(path('missing'))).toContain('missing');
    expect(await file(write('empty', ''))).toContain('auth_tokens');
    expect(await file(write('none', '[]'))).toContain('contains no tokens');
    const both = { MEMORY_MCP_AUTH_TOKENS: twice, MEMORY_MCP_AUTH_TOKENS_FILE: write('more', tokens) };
    expect(await refusal({ environment: both })).toContain('are both set');
  });
});

describe('secrets', () => {
  it('never appear in messages, even if they are invalid', async () => {
    const { refusal, write } = createMachine();
    for (const content of [
      { qdrant_api_key: ['hunter2'] },
      { auth_tokens: 'hunter2' },
      { auth_tokens: ['hunter2'] },
      { auth_tokens: [{ token: 'hunter2 x', personas: '*' }] },
      { auth_tokens: { token: 'hunter2' } },
      { auth_tokens: [{ token: 'a', personas: '*', secret: 'hunter2' }] },
      { qdrant_apikey: 'hunter2' },
      { service: { password: 'hunter2' } },
      { qdrant_url: 'ftp://user:hunter2@example' },
    ]) {
      expect(await refusal({ flags: { config: write('my.json', content) } })).not.toContain('hunter2');
    }
    expect(await refusal({ environment: { MEMORY_MCP_AUTH_TOKENS: 'hunter2' } })).not.toContain('hunter2');
    expect(await refusal({ environment: { MEMORY_MCP_AUTH_TOKENS_FILE: write('tokens', 'hunter2') } })).not.toContain(
      'hunter2',
    );
  });

  it('of digits have to be quoted in a file, which the message says', async () => {
    const { refusal, write } = createMachine();
    const message = await refusal({ flags: { config: write('my.yaml', 'qdrant_api_key: 12345') } });
    expect(message).toContain('qdrant_api_key');
    expect(message).toContain('in quotes');
    expect(message).not.toContain('12345');
  });

  it('that are empty in the file are none', async () => {
    const { load, write } = createMachine();
    const { configuration } = await load({ flags: { config: write('my.json', { qdrant_api_key: '' }) } });
    expect(configuration.qdrant_api_key).toBeUndefined();
  });
});
