/**
 * What the demo shows, step by step. Every line of it comes from the reply of an operation or from the files on the disk;
 * a step that does not end as promised says so.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { visibleText } from '../core/text/visible-text.ts';
import type { Result } from '../operation/operation.ts';
import { storeAndKill } from './demo-killed-server.ts';

export interface DemoParts {
  readonly call: (name: string, input: object) => Promise<Result>;
  readonly folder: string;
  readonly persona: string;
  readonly print: (text: string) => void;
}

const receiptSchema = z.object({ key: z.string(), version: z.number() });
const searchSchema = z.object({
  results: z.array(
    z.object({ key: z.string(), content: z.string(), why: z.object({ vector: z.number().optional() }) }),
  ),
  mode: z.string(),
});
const readSchema = z.object({
  memories: z.array(
    z.object({
      content: z.string(),
      version: z.number(),
      history: z.array(z.object({ version: z.number(), content: z.string() })),
    }),
  ),
});
const erasedSchema = z.object({ erased: z.union([z.boolean(), z.string()]).optional() });
const contextSchema = z.object({ recall: z.object({ model: z.string(), state: z.string(), queued: z.number() }) });

/** How long the demo waits for a model that is there. */
const modelPatience = 60_000;

const cake = 'Hana is allergic to strawberries; her birthday cake is made with peaches.';
const database = 'The billing service uses MySQL 8 as its database.';
const correctedDatabase = 'The billing service uses PostgreSQL 16 as its database; MySQL was dropped in May.';
const move = '来月、京都から大阪へ引っ越す。';
const promise = 'Promised Ken to send him the photos of the harbour.';
/** What a search by words can only miss: not one word is shared. */
const paraphrase = 'Where is our new home?';

/** Resolves with whether everything ended as promised. */
export async function tellDemo({ call, folder, persona, print }: DemoParts): Promise<boolean> {
  let asPromised = true;
  const style = (code: number, text: string) =>
    process.stdout.hasColors?.() ? `\u001b[${code}m${text}\u001b[0m` : text;
  const heading = (text: string) => print(`\n${style(1, text)}`);
  const say = (text: string) => print(`  ${visibleText(text)}`);
  const expectThat = (kept: boolean, text: string) => {
    asPromised &&= kept;
    print(`  ${kept ? style(32, `ok: ${text}`) : style(31, `NOT AS PROMISED: ${text}`)}`);
  };
  const run = (name: string, input: object): Promise<Result> => {
    print(`  ${style(36, `> ${name} ${JSON.stringify(input)}`)}`);
    return call(name, input);
  };
  const remember = async (content: string) => {
    const receipt = receiptSchema.parse(await run('memory_create', { content }));
    say(`stored as ${receipt.key}, version ${receipt.version}`);
    return receipt.key;
  };
  const find = async (query: string) => {
    const { results, mode } = searchSchema.parse(await run('memory_search', { query, limit: 1 }));
    for (const { content } of results) say(`found: ${content}`);
    if (results.length === 0) say('found nothing');
    return { found: results.map(({ content }) => content), mode };
  };

  print(`memory-mcp demo: real operations, in the data folder ${folder}`);

  heading('1. It remembers');
  const cakeKey = await remember(cake);
  const databaseKey = await remember(database);
  await remember(move);

  heading('2. It finds');
  const meaning = await waitForModel(call);
  say(meaning.sentence);
  const found = await find('Bake a birthday cake for Hana');
  expectThat(found.found.includes(cake), 'a question finds what answers it');
  expectThat((await find('引っ越す')).found.includes(move), 'Japanese is found by its words');
  if (meaning.searched) {
    const far = await find(paraphrase);
    expectThat(far.mode === 'hybrid', 'meaning was searched, too: this question shares no word with any memory');
  }

  heading('3. It corrects, and knows what was said before');
  await run('memory_update', { key: databaseKey, content: correctedDatabase });
  const [memory] = readSchema.parse(await run('memory_read', { keys: [databaseKey], history: true })).memories;
  say(`version ${memory?.version}: ${memory?.content}`);
  for (const { version, content } of memory?.history ?? []) say(`version ${version}: ${content}`);
  expectThat(
    memory?.content === correctedDatabase && memory.history.some(({ content }) => content === database),
    'the new text counts, the old one is kept as its history',
  );

  heading('4. What it has acknowledged is on the disk');
  const killed = await storeAndKill({ folder, persona, content: promise });
  say(`a second server, process ${killed.pid}, stored a memory and was killed (kill -9) as it said so`);
  expectThat((await find('photos of the harbour')).found.includes(promise), 'the memory is here');

  heading('5. It forgets, in every file');
  const before = filesHolding(folder, cake);
  say(`files of the folder that hold the text about Hana: ${before.length}`);
  const { erased } = erasedSchema.parse(await run('memory_delete', { keys: [cakeKey], permanent: true }));
  const after = filesHolding(folder, cake);
  say(`files that hold it now: ${after.length}`);
  expectThat(erased === true && before.length > 0 && after.length === 0, 'no byte of the text is left');

  print(asPromised ? '\nAll of it as promised.' : '\nNot everything was as promised: memory-mcp doctor may say why.');
  return asPromised;
}

/** Waits until the memories have their vectors, if a model is here to make them, and says how is searched. */
async function waitForModel(call: DemoParts['call']): Promise<{ searched: boolean; sentence: string }> {
  const until = performance.now() + modelPatience;
  for (;;) {
    const { model, state, queued } = contextSchema.parse(await call('get_context', {})).recall;
    if (state === 'off') return { searched: false, sentence: 'searched by words: the settings turn the model off' };
    if (state === 'ready' && queued === 0) {
      return { searched: true, sentence: `searched by words and by meaning, with the model ${model}` };
    }
    if (state !== 'ready' && state !== 'loading') {
      const advice = 'memory-mcp download-models gets one';
      return { searched: false, sentence: `searched by words: the model ${model} is not on this machine; ${advice}` };
    }
    if (performance.now() > until) {
      return { searched: false, sentence: `searched by words: the model ${model} is still loading` };
    }
    await delay(100);
  }
}

/** The files below a folder whose bytes contain a text. */
function filesHolding(folder: string, text: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(text));
}
