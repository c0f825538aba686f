import { mkdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LoadDeps } from '../../../src/config/load.ts';
import type { Configuration } from '../../../src/config/schema.ts';
import { watchConfiguration } from '../../../src/config/watch.ts';
import { createLogger } from '../../../src/core/logger.ts';
import { createMachine, type Machine } from './machine.ts';

/** Watches with a timer that never fires unless told; `settle` looks as often as a change needs. */
async function watching(
  machine: Machine,
  parts: LoadDeps,
  {
    intervalMilliseconds = 1e9,
    beforeWatch = () => {},
  }: { intervalMilliseconds?: number; beforeWatch?: () => void } = {},
) {
  const lines: string[] = [];
  const changes: { configuration: Configuration; keys: readonly string[] }[] = [];
  const told: (() => void)[] = [];
  const reload = () => machine.load(parts);
  const loaded = await reload();
  beforeWatch();
  const watch = watchConfiguration({
    loaded,
    reload,
    onChange: (configuration, keys) => {
      changes.push({ configuration, keys });
      for (const tell of told) tell();
    },
    logger: createLogger({ level: () => 'debug', write: (line) => lines.push(line) }),
    intervalMilliseconds,
  });
  onTestFinished(() => watch.close());
  const settle = async () => {
    await watch.check();
    await watch.check();
  };
  return {
    lines,
    changes,
    settle,
    watch,
    warnings: () => lines.filter((line) => line.includes('warn')),
    changed: () => new Promise<void>((resolve) => told.push(resolve)),
  };
}

describe('a watched file', () => {
  it('that does not change says nothing', async () => {
    const machine = createMachine();
    const flags = { config: machine.write('my.json', { log_level: 'warn' }) };
    const { settle, lines, changes } = await watching(machine, { flags });
    await settle();
    await settle();
    expect([lines, changes]).toEqual([[], []]);
  });

  it('that is edited applies live settings at once and leaves the others for a restart', async () => {
    const machine = createMachine();
    const flags = { config: machine.write('my.json', { log_level: 'warn', server_port: 1 }) };
    const { settle, lines, changes, warnings } = await watching(machine, { flags });
    machine.write('my.json', { log_level: 'debug', server_port: 2, vector_rebuild: { idle_seconds: 1 } });
    await settle();
    expect(changes).toHaveLength(1);
    expect(changes[0]?.keys).toEqual(['log_level', 'vector_rebuild.idle_seconds']);
    expect(changes[0]?.configuration).toMatchObject({
      log_level: 'debug',
      server_port: 1,
      vector_rebuild: { idle_seconds: 1, mode: 'idle' },
    });
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toMatch(/after a restart: server_port\n/);
    expect(lines.join('')).toMatch(/apply now: log_level, vector_rebuild\.idle_seconds/);
    await settle();
    expect(changes).toHaveLength(1);
  });

  it('logs nothing when an edit of a restart setting is reverted', async () => {
    const machine = createMachine();
    const flags = { config: machine.write('my.json', { server_port: 1 }) };
    const { settle, warnings, changes } = await watching(machine, { flags });
    machine.write('my.json', { server_port: 22 });
    await settle();
    machine.write('my.json', { server_port: 1 });
    await settle();
    expect(warnings()).toHaveLength(1);
    expect(changes).toEqual([]);
  });

  it('that was edited between loading and watching is read', async () => {
    const machine = createMachine();
    const flags = { config: machine.write('my.json', { reranker_top_n: 3 }) };
    const beforeWatch = () => machine.write('my.json', { reranker_top_n: 4 });
    const { settle, changes } = await watching(machine, { flags }, { beforeWatch });
    await settle();
    expect(changes[0]?.configuration.reranker_top_n).toBe(4);
  });

  it('that is replaced by another inode is read again', async () => {
    const machine = createMachine();
    const flags = { config: machine.write('my.json', { timezone: 'Asia/Tokyo' }) };
    const { settle, changes } = await watching(machine, { flags });
    renameSync(machine.write('other.json', { timezone: 'Asia/Seoul' }), flags.config);
    await settle();
    expect(changes[0]?.configuration.timezone).toBe('Asia/Seoul');
  });

  it('that appears later is picked up, also where Docker left a folder', async () => {
    const machine = createMachine();
    mkdirSync(machine.path('my.json'));
    const environment = { MEMORY_MCP_CONFIG_PATH: machine.path('my.json') };
    const { settle, changes, warnings } = await watching(machine, { environment });
    await settle();
    expect([changes, warnings()]).toEqual([[], []]);
    rmdirSync(machine.path('my.json'));
    machine.write('my.json', { recent_memories_count: 9 });
    await settle();
    expect(changes[0]?.configuration.recent_memories_count).toBe(9);
  });

  it('in the data folder may appear later too', async () => {
    const machine = createMachine();
    const { settle, changes } = await watching(machine, {});
    machine.write('data/config.json', { recent_memories_count: 9 });
    await settle();
    expect(changes[0]?.keys).toEqual(['recent_memories_count']);
  });

  it('that breaks changes nothing and warns once for each broken version', async () => {
    const machine = createMachine();
    const flags = { config: machine.write('my.json', { reranker_top_n: 3 }) };
    const { settle, changes, warnings } = await watching(machine, { flags });
    machine.write('my.json', '{"reranker_top_n": 4');
    await settle();
    await settle();
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toContain('my.json');
    machine.write('my.json', { reranker_top_n: 400 });
    await settle();
    await settle();
    expect(warnings()).toHaveLength(2);
    expect(warnings()[1]).toContain('a whole number from 1 to 50');
    expect(changes).toEqual([]);
    machine.write('my.json', { reranker_top_n: 4 });
    await settle();
    expect(changes[0]?.configuration.reranker_top_n).toBe(4);
    expect(warnings()).toHaveLength(2);
  });

  it('that vanishes changes nothing and warns once, until it is back', async () => {
    const machine = createMachine();
    const environment = { MEMORY_MCP_CONFIG_PATH: machine.write('my.json', { reranker_top_n: 3 }) };
    const { settle, changes, warnings } = await watching(machine, { environment });
    rmSync(machine.path('my.json'));
    await settle();
    await settle();
    expect([changes.length, warnings().length]).toEqual([0, 1]);
    machine.write('my.json', { reranker_top_n: 4 });
    await settle();
    expect(changes[0]?.configuration.reranker_top_n).toBe(4);
  });

  it('is not read in the middle of an edit', async () => {
    const machine = createMachine();
    const flags = { config: machine.write('my.json', { reranker_top_n: 3 }) };
    const { watch, warnings, settle, changes } = await watching(machine, { flags });
    await settle();
    machine.write('my.json', '{"reranker');
    await watch.check();
    machine.write('my.json', { reranker_top_n: 4 });
    await settle();
    expect(warnings()).toEqual([]);
    expect(changes).toHaveLength(1);
  });

  it('does not go before a variable, not even when it changes', async () => {
    const machine = createMachine();
    const environment = { MEMORY_MCP_RERANKER_TOP_N: '7' };
    const flags = { config: machine.write('my.json', { reranker_top_n: 3 }) };
    const { settle, changes } = await watching(machine, { flags, environment });
    machine.write('my.json', { reranker_top_n: 4 });
    await settle();
    expect(changes).toEqual([]);
  });

  it('that gains tokens keeps the rate limit of the running server', async () => {
    const machine = createMachine();
    const flags = { config: machine.write('my.json', {}) };
    const { settle, changes, warnings } = await watching(machine, { flags });
    machine.write('my.json', { auth_tokens: [{ token: 'abc', personas: '*' }] });
    await settle();
    expect(changes).toEqual([]);
    expect(warnings()[0]).toMatch(/after a restart: auth_tokens/);
  });

  it('is looked at by a timer, until it is closed', async () => {
    const machine = createMachine();
    const flags = { config: machine.write('my.json', { reranker_top_n: 3 }) };
    const { changes, changed, watch } = await watching(machine, { flags }, { intervalMilliseconds: 5 });
    const heard = changed();
    machine.write('my.json', { reranker_top_n: 4 });
    await heard;
    expect(changes[0]?.configuration.reranker_top_n).toBe(4);
    watch.close();
    watch.close();
    writeFileSync(flags.config, '{"reranker_top_n": 5}');
    await watch.check();
    await watch.check();
    expect(changes).toHaveLength(1);
  });
});
