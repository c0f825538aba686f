/**
 * Hooks beside the process that servers share: what they find by meaning while it runs, and that words remain where it
 * does not run, hangs, has another model loaded or belongs to another version of the program.
 */
import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { dataPaths, personaPaths } from '../../src/config/paths.ts';
import { storedFormOf } from '../../src/scoring/stored-quality.ts';
import { runHook } from '../support/hooks.ts';
import { childProcesses, processListSkip } from '../support/inference.ts';
import { folderOfTest, recallOf, searchInFull, tinyModels, untilEmbedded } from '../support/model-servers.ts';
import { isRunning } from '../support/processes.ts';
import { runCommand } from '../support/run-command.ts';
import { spawnServer, type TestServer } from '../support/server.ts';
import { repositoryRoot } from '../support/surroundings.ts';
import { until } from '../support/until.ts';

/** One word is too little for words, and the nearest there can be. */
const word = '海';
const billing = 'The billing service uses PostgreSQL 16 as its database since May; MySQL was dropped.';
const billingQuestion = 'Which database does the billing service use?';

/** A home folder, in which servers and hooks of one user meet. */
function freshHome(): { HOME: string; USERPROFILE: string } {
  const home = join(folderOfTest(), 'home');
  mkdirSync(home);
  return { HOME: home, USERPROFILE: home };
}

const homeOf = () => ({ ...tinyModels({ MEMORY_MCP_RERANKER_MODEL: 'none' }), ...freshHome() });

/** A server with both memories, their vectors, and a scale on which equal texts lie at 2. */
async function startServer(env: Record<string, string>): Promise<TestServer> {
  const server = await spawnServer({ env });
  await server.create(word);
  await server.create(billing);
  await untilEmbedded(server);
  await searchInFull(server, word);
  const { database } = personaPaths(dataPaths(server.dataDir), 'default');
  const store = new BetterSqlite3(database);
  onTestFinished(() => void store.close());
  const isMeasured = () => store.prepare('SELECT 1 FROM spaces WHERE fitness IS NOT NULL').get() !== undefined;
  await until(isMeasured, 'the model is measured');
  const pair = { right: 1, related: 0.6, unrelated: 0.2 };
  const scale = storedFormOf({ 'ja-ja': pair, 'ja-en': pair, 'en-ja': pair, 'en-en': pair });
  store.prepare('UPDATE spaces SET fitness = ?').run(JSON.stringify(scale));
  return server;
}

const prompt = (text: string) => ({ hook_event_name: 'UserPromptSubmit', prompt: text });

/** Asks until a busy machine leaves the hook the time for meaning. */
async function explainInFull(text: string, options: Parameters<typeof runCommand>[1]): Promise<string> {
  let out = '';
  await until(async () => {
    out = (await runCommand(['hook', '--explain', text], options)).out;
    return !/not answer in time|does not answer/.test(out);
  }, 'the hook had enough time');
  return out;
}

function hostOf(server: TestServer): number {
  const [host, ...more] = childProcesses(server.pid);
  if (host === undefined || more.length > 0) throw new Error('there is not exactly one host');
  return host;
}

describe.skipIf(processListSkip)('a hook beside the shared process', () => {
  it('finds by meaning what words alone do not find, and is none of its servers', async () => {
    const env = homeOf();
    const server = await startServer(env);
    const options = { dataDir: server.dataDir, env };
    await until(async () => (await runHook('prompt', prompt(word), options)).text?.includes(word) === true, 'meaning');
    const explained = await explainInFull(word, options);
    expect(explained).toContain('\nBy words and meaning.\n');
    expect(explained).toMatch(/\+ memory_\d+(_\d+)?: shown\n(.*\n)?.*nearness [\d.]+, needs [\d.]+/);
    const { model_process: found } = await recallOf(server);
    expect(found?.servers).toEqual([server.pid]);
  });

  it('goes by words where none runs, and starts none', async () => {
    const env = homeOf();
    const server = await startServer(env);
    await server.close();
    const options = { dataDir: server.dataDir, env: { ...env, ...freshHome() } };
    expect((await runHook('prompt', prompt(word), options)).text).toBeUndefined();
    expect((await runHook('prompt', prompt(billingQuestion), options)).text).toContain(billing);
    expect(await explainInFull(word, options)).toContain('By words alone: no shared process is running.');
    expect(readdirSync(options.env.HOME)).toEqual([]);
  });

  it('goes by words where the process hangs, in time, and leaves it alone', async () => {
    const env = homeOf();
    const server = await startServer(env);
    const host = hostOf(server);
    process.kill(host, 'SIGSTOP');
    onTestFinished(() => void (isRunning(host) && process.kill(host, 'SIGCONT')));
    const options = { dataDir: server.dataDir, env };
    const { text, code, err } = await runHook('prompt', prompt(billingQuestion), options);
    expect(text).toContain(billing);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect((await runCommand(['hook', '--explain', word], options)).out).toMatch(/By words alone: .*does not answer/);
    process.kill(host, 'SIGCONT');
    expect(isRunning(host)).toBe(true);
    expect(await explainInFull(word, options)).toContain('By words and meaning.');
  });

  it('goes by words where the process has not loaded the model of the store, and has it load nothing', async () => {
    const env = homeOf();
    const server = await startServer(env);
    await server.close();
    // This server loads a reranker alone.
    const others = { ...tinyModels(), MEMORY_MCP_EMBEDDINGS_MODEL: 'none', ...freshHome() };
    const other = await spawnServer({ env: others });
    await other.create('The sea is calm today and the harbour is full of boats');
    await other.create('The sea was rough yesterday and the harbour was empty');
    await until(async () => {
      await other.search('How calm is the sea in the harbour?');
      return (await recallOf(other)).model_process?.pid !== undefined;
    }, 'the reranker is loaded');
    const options = { dataDir: server.dataDir, env: { ...env, HOME: others.HOME, USERPROFILE: others.USERPROFILE } };
    expect(await explainInFull(word, options)).toMatch(/By words alone: The model .* is not loaded/);
    expect(await explainInFull(word, options)).toMatch(/By words alone: The model .* is not loaded/);
    expect((await runHook('prompt', prompt(billingQuestion), options)).text).toContain(billing);
  });

  it('goes by words beside the process of another version of the program', async () => {
    const env = homeOf();
    const server = await startServer(env);
    const installation = folderOfTest();
    for (const part of ['bin', 'dist', 'package.json']) {
      cpSync(join(repositoryRoot, part), join(installation, part), { recursive: true });
    }
    symlinkSync(join(repositoryRoot, 'node_modules'), join(installation, 'node_modules'));
    appendFileSync(join(installation, 'dist', 'inference.cjs'), '\n// another version\n');
    const program = join(installation, 'bin', 'memory-mcp.js');
    const options = { dataDir: server.dataDir, env, program };
    expect((await runHook('prompt', prompt(billingQuestion), options)).text).toContain(billing);
    expect(await explainInFull(word, options)).toContain('By words alone: no shared process is running.');
    expect(childProcesses(server.pid)).toHaveLength(1);
  });

  it('goes by words where the setting shares no process, where nothing was measured and where the model is gone', async () => {
    const env = homeOf();
    const server = await startServer(env);
    const options = { dataDir: server.dataDir, env };
    const own = { ...options, env: { ...env, MEMORY_MCP_INFERENCE: 'own' } };
    expect(await explainInFull(word, own)).toContain(
      'By words alone: the setting "inference" lets servers share no process',
    );
    const spaces = join(server.dataDir, 'cache', 'vector-spaces.json');
    const known = readFileSync(spaces, 'utf8');
    appendFileSync(spaces, 'no JSON');
    expect(known).toContain('tiny-embed');
    expect(await explainInFull(word, options)).toContain(
      'By words alone: the model that made the vectors is no longer there',
    );
    const store = new BetterSqlite3(personaPaths(dataPaths(server.dataDir), 'default').database);
    store.exec('UPDATE spaces SET fitness = NULL');
    store.close();
    expect(await explainInFull(word, options)).toContain('By words alone: the model has not been measured yet');
  });
});
