import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createMachine } from '../../unit/config/machine.ts';

describe('a configuration that nobody wrote', () => {
  it('has the default of every setting and warns of nothing', async () => {
    const { load, folders } = createMachine();
    const { configuration, warnings, file, paths, sources } = await load();
    expect(configuration).toMatchObject({
      persona: 'default',
      tools: 'core',
      server_host: '127.0.0.1',
      server_port: 8000,
      storage_backend: 'sqlite',
      embeddings_model: 'cl-nagoya/ruri-v3-30m',
      reranker_top_n: 5,
      vector_rebuild: { mode: 'idle', idle_seconds: 30, min_interval: 120 },
      auto_cleanup: { enabled: true, idle_minutes: 30, check_interval_seconds: 300, duplicate_threshold: 0.9 },
      auth_tokens: [],
      rate_limit_per_second: 0,
      log_level: 'info',
    });
    expect(configuration.timezone).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone);
    expect(configuration.qdrant_api_key).toBeUndefined();
    expect(configuration.embeddings_query_prefix).toBeUndefined();
    expect(warnings).toEqual([]);
    expect(file).toBeUndefined();
    expect(paths.data).toBe(folders.data);
    expect(sources['auto_cleanup.enabled']).toEqual({ from: 'default' });
  });
});

describe('precedence', () => {
  it('is flags, then environment, then file, then defaults, key by key', async () => {
    const { load, write } = createMachine();
    const file = write('my.json', {
      server_port: 1,
      server_host: 'file.example',
      persona: 'from-file',
      auto_cleanup: { idle_minutes: 7, enabled: false },
    });
    const environment = {
      MEMORY_MCP_SERVER_PORT: '2',
      MEMORY_MCP_SERVER_HOST: 'environment.example',
      MEMORY_MCP_AUTO_CLEANUP_IDLE_MINUTES: '8',
    };
    const { configuration, sources } = await load({ flags: { config: file, port: '3' }, environment });
    expect(configuration).toMatchObject({
      server_port: 3,
      server_host: 'environment.example',
      persona: 'from-file',
      tools: 'core',
      auto_cleanup: { idle_minutes: 8, enabled: false, check_interval_seconds: 300 },
    });
    expect(sources).toMatchObject({
      server_port: { from: 'flag', name: '--port' },
      server_host: { from: 'environment', name: 'MEMORY_MCP_SERVER_HOST' },
      persona: { from: 'file', name: file },
      tools: { from: 'default' },
      'auto_cleanup.idle_minutes': { from: 'environment', name: 'MEMORY_MCP_AUTO_CLEANUP_IDLE_MINUTES' },
      'auto_cleanup.enabled': { from: 'file' },
    });
  });

  it('still refuses a bad value in the file that a variable would cover', async () => {
    const { refusal, write } = createMachine();
    const config = write('my.json', { server_port: 'eight' });
    expect(await refusal({ flags: { config }, environment: { MEMORY_MCP_SERVER_PORT: '8' } })).toContain('server_port');
  });

  it('takes all four flags of serve', async () => {
    const { load } = createMachine();
    const { configuration } = await load({ flags: { host: '::1', port: '0', persona: 'にゃん', tools: 'read-only' } });
    expect(configuration).toMatchObject({
      server_host: '::1',
      server_port: 0,
      persona: 'にゃん',
      tools: 'read-only',
    });
  });
});

describe('the file', () => {
  it('of --config has to exist and to be a file', async () => {
    const { refusal, path, root } = createMachine();
    expect(await refusal({ flags: { config: path('none.json') } })).toMatch(/none\.json.*does not exist/);
    expect(await refusal({ flags: { config: root } })).toMatch(/is a folder/);
  });

  it('of --config goes before MEMORY_MCP_CONFIG_PATH, and that before the data folder, and that before the user folder', async () => {
    const { load, write } = createMachine();
    write('config/config.json', { server_port: 4 });
    expect((await load()).configuration.server_port).toBe(4);
    write('data/config.json', { server_port: 3 });
    expect((await load()).configuration.server_port).toBe(3);
    const environment = { MEMORY_MCP_CONFIG_PATH: write('mounted.json', { server_port: 2 }) };
    expect((await load({ environment })).configuration.server_port).toBe(2);
    const flags = { config: write('flag.json', { server_port: 1 }) };
    expect((await load({ environment, flags })).configuration.server_port).toBe(1);
  });

  it('of MEMORY_MCP_CONFIG_PATH may be missing: defaults and one warning that says how to make one', async () => {
    const { load, path, write } = createMachine();
    write('data/config.json', { server_port: 3 });
    const { configuration, warnings, candidates } = await load({
      environment: { MEMORY_MCP_CONFIG_PATH: path('none.json') },
    });
    expect(configuration.server_port).toBe(8000);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(path('none.json'));
    expect(warnings[0]).toContain('cp config.example.json config.json');
    expect(candidates).toEqual([path('none.json')]);
  });

  it('may be a folder, as Docker makes one of a missing mount: the same', async () => {
    const { load, path } = createMachine();
    mkdirSync(path('config.json'));
    const { configuration, warnings } = await load({ environment: { MEMORY_MCP_CONFIG_PATH: path('config.json') } });
    expect(configuration.server_port).toBe(8000);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/is a folder.*cp config\.example\.json config\.json/);
  });

  it('in the data folder may be such a folder too', async () => {
    const { load, path } = createMachine();
    mkdirSync(path('data/config.json'), { recursive: true });
    expect((await load()).warnings).toHaveLength(1);
  });

  it.each(['config.yaml', 'config.yml'])('may be YAML in the user folder (%s)', async (name) => {
    const { load, write } = createMachine();
    const file = write(
      `config/${name}`,
      'server_port: 9000\nauto_cleanup:\n  enabled: false # quiet\nallowed_hosts: [a, b]\n',
    );
    const loaded = await load();
    expect(loaded.file).toBe(file);
    expect(loaded.configuration).toMatchObject({
      server_port: 9000,
      auto_cleanup: { enabled: false },
      allowed_hosts: ['a', 'b'],
    });
  });

  it('is never code, wherever it lies', async () => {
    const { load, write } = createMachine();
    write('config/config.js', 'globalThis.wasRun = true; module.exports = { server_port: 1 };');
    write('config/config.mjs', 'globalThis.wasRun = true; export default { server_port: 1 };');
    expect((await load()).configuration.server_port).toBe(8000);
    expect(globalThis).not.toHaveProperty('wasRun');
  });

  it('may begin with a byte order mark', async () => {
    const { load, write } = createMachine();
    const config = write('my.json', '\uFEFF{"server_port": 1}');
    expect((await load({ flags: { config } })).configuration.server_port).toBe(1);
  });

  it('is refused with its name when it is empty, broken or no object, and the text of a broken one is not repeated', async () => {
    const { refusal, write } = createMachine();
    for (const [name, content] of [
      ['empty.json', ' \n'],
      ['list.json', '["hunter2"]'],
      ['text.json', '"hunter2"'],
      ['comma.json', '{"qdrant_api_key": "hunter2",}'],
      ['word.json', '{"qdrant_api_key": hunter2}'],
      ['open.json', '{"qdrant_api_key": "hunter2"'],
      ['broken.yaml', 'qdrant_api_key: "hunter2\nserver_port: 1'],
      ['indent.yaml', 'qdrant_api_key: hunter2\n  server_port: 1'],
    ] as const) {
      const message = await refusal({ flags: { config: write(name, content) } });
      expect(message).toContain(name);
      expect(message).not.toContain('hunter2');
    }
  });

  it('says where JSON is broken, if the engine knows', async () => {
    const { refusal, write } = createMachine();
    const config = write('my.json', '{"server_port": 1,}');
    expect(await refusal({ flags: { config } })).toMatch(/position 18/);
  });
});

describe('the working directory', () => {
  it('is never read, not even by a library', async () => {
    const { directory, folders, write } = createMachine();
    const port = { server_port: 6666 };
    const hostile = [
      'memory-mcp.config.json',
      '.memory-mcprc',
      '.memory-mcprc.json',
      'config.json',
      'config.yaml',
      '.config/memory-mcprc',
      '.config/memory-mcp.json',
    ];
    for (const name of hostile) write(`somebody-elses-repository/${name}`, port);
    write('somebody-elses-repository/package.json', { 'memory-mcp': port });
    const marker = join(directory, 'was-run');
    const code = `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '')`;
    for (const name of ['.config/config.js', '.config/config.cjs', 'memory-mcp.config.js']) {
      write(`somebody-elses-repository/${name}`, code);
    }
    write('config/config.yaml', 'server_port: 9000');

    const repository = join(import.meta.dirname, '../../..');
    const program = join(directory, 'load.mts');
    writeFileSync(
      program,
      `import { loadConfiguration } from ${JSON.stringify(join(repository, 'src/config/load.ts'))};
       const { configuration } = await loadConfiguration({ environment: {}, folders: ${JSON.stringify(folders)} });
       process.stdout.write(String(configuration.server_port));`,
    );
    const tsx = join(repository, 'node_modules/tsx/dist/cli.mjs');
    const { stdout, stderr } = spawnSync(process.execPath, [tsx, program], { cwd: directory, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout).toBe('9000');
    expect(existsSync(marker)).toBe(false);
  });
});

describe('paths', () => {
  it('of variables may begin with ~, and a relative one is resolved with a warning', async () => {
    const { load, directory } = createMachine();
    const home = await load({ environment: { MEMORY_MCP_DATA_DIR: '~/memories' } });
    expect(home.paths.data).toBe(join(homedir(), 'memories'));
    expect(home.warnings).toEqual([]);
    const relative = await load({ environment: { MEMORY_MCP_DATA_DIR: './data' } });
    expect(relative.paths.data).toBe(join(directory, 'data'));
    expect(relative.warnings).toHaveLength(1);
    expect(relative.warnings[0]).toMatch(/MEMORY_MCP_DATA_DIR is the relative path/);
  });

  it.each(['$HOME/memories', `\${HOME}/memories`, '%APPDATA%\\memories'])(
    'with a variable that nobody replaced are refused (%s)',
    async (text) => {
      const { refusal } = createMachine();
      expect(await refusal({ environment: { MEMORY_MCP_DATA_DIR: text } })).toContain(JSON.stringify(text));
    },
  );

  it('for the data folder determine where config.json is searched', async () => {
    const { load, path, write } = createMachine();
    write('elsewhere/config.json', { server_port: 5 });
    const { configuration, paths } = await load({ environment: { MEMORY_MCP_DATA_DIR: path('elsewhere') } });
    expect(configuration.server_port).toBe(5);
    expect(paths.memory).toBe(path('elsewhere/memory'));
  });
});

describe('other programs’ variables', () => {
  it('name the model folder, the mirror, the token and the proxy', async () => {
    const { load } = createMachine();
    const { environment, paths } = await load({
      environment: {
        HF_HOME: '/models',
        TRANSFORMERS_CACHE: '/other',
        HF_ENDPOINT: 'https://mirror.example/',
        HF_TOKEN: 'hf_x',
        HF_HUB_OFFLINE: '1',
        https_proxy: 'proxy.example:3128',
        NO_PROXY: 'localhost, .example.org',
      },
    });
    expect(paths.models).toBe('/models');
    expect(environment).toEqual({
      huggingFace: { folder: '/models', endpoint: 'https://mirror.example', token: 'hf_x', offline: true },
      proxy: { https: 'http://proxy.example:3128', noProxy: ['localhost', '.example.org'] },
      sharedProcess: { decisive: {}, plain: {} },
    });
  });

  it('fall back from HF_HOME to TRANSFORMERS_CACHE to the data folder', async () => {
    const { load, folders } = createMachine();
    const given = await load({ environment: { HF_HOME: '', TRANSFORMERS_CACHE: '/cache' } });
    expect(given.paths.models).toBe('/cache');
    const { paths, environment } = await load();
    expect(paths.models).toBe(join(folders.data, 'cache', 'huggingface'));
    expect(environment).toEqual({
      huggingFace: { folder: undefined, endpoint: 'https://huggingface.co', token: undefined, offline: false },
      proxy: { https: undefined, noProxy: [] },
      sharedProcess: { decisive: {}, plain: {} },
    });
  });

  it('reach a process that servers share only where it needs them, and tell what decides how it computes', async () => {
    const decisive = { CUDA_VISIBLE_DEVICES: '1', LD_LIBRARY_PATH: '/opt/cuda', NODE_OPTIONS: '--no-warnings' };
    const plain = { HOME: '/home/aoi', PATH: '/bin' };
    const others = { HF_TOKEN: 'hf_x', MEMORY_MCP_PERSONA: 'aoi', XDG_CACHE_HOME: '/elsewhere' };
    const { environment } = await createMachine().load({ environment: { ...decisive, ...plain, ...others } });
    expect(environment.sharedProcess).toEqual({ decisive, plain });
  });

  it('are refused where a mirror is no address, without showing its password', async () => {
    const { refusal } = createMachine();
    const message = await refusal({ environment: { HF_ENDPOINT: 'mirror//user:hunter2@example' } });
    expect(message).toContain('HF_ENDPOINT');
    expect(message).not.toContain('hunter2');
  });
});
