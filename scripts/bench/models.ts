/**
 * The models of this machine through the inference process, as a server uses them: loading, questions, memories, long
 * texts, pairs to rerank, and what the process weighs. Arguments: folders of embedding models; without any, those of
 * ../shared/models and the tiny test models. It says nothing about quality: the tiny models have none.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { folderSize } from '../../src/model/model-files.ts';
import { openModels } from '../../src/model/models.ts';
import { childProcesses } from '../../test/support/inference.ts';
import { modelSettingsFor } from '../../test/support/models.ts';
import { writeTestModel } from '../test-model/test-models.ts';
import { noteOf } from './notes.ts';
import { readWords } from './options.ts';
import { circumstances, median, shown, table } from './report.ts';

const memoryCount = 320;
const questionCount = 50;
const candidateCount = 20;
const rerankings = 10;
const shared = join(import.meta.dirname, '../../../shared/models');

const questions = [
  'どこに引っ越した？',
  'When is the appointment with Dr. Sato?',
  '京都の図書館で会った人',
  'coffee without sugar',
];

export async function run(args: string[]): Promise<void> {
  const named = readWords(args, {
    value: 'DIR …',
    help: 'folders of embedding models; otherwise all of ../shared/models and a tiny one',
  });
  const folders = named.length > 0 ? named : [...modelsIn(shared), writeTestModel('tiny-embed')];
  const embedders: string[][] = [];
  for (const folder of folders) embedders.push(await measureEmbedder(folder));
  const heads = [
    'embedding model',
    'files MB',
    'ready s',
    'question p50 ms',
    'memories/s one by one',
    'memories/s at once',
    '256-token chunk ms',
    'MB loaded',
    'MB after',
  ];
  console.log(`${table(heads, embedders)}\n`);
  console.log(
    table(
      ['reranker', 'files MB', 'ready s', `${candidateCount} pairs p50 ms`, 'MB after'],
      [await measureReranker(writeTestModel('tiny-rerank'))],
    ),
  );
  console.log(`
Ready: from nothing to the first vector, starting the process included. Memories: ${memoryCount} of about 280 bytes, half Japanese, half English;
one by one waits for each, at once hands all over together (the process works them off singly either way). MB: resident memory
of the inference process. The tiny models only show what the way there and back costs.
A table about speed: the tiny models have no quality.\n
${circumstances({ command: `npm run bench -- models ${args.join(' ')}`.trim(), folder: tmpdir() })}`);
}

function modelsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name));
}

async function measureEmbedder(model: string): Promise<string[]> {
  const models = open({ embeddings: { model } });
  const { embedder } = models;
  try {
    const ready = await timed(() => embedder.embedQuery('memory'));
    const loadedMegabytes = residentMegabytes();
    const asked: number[] = [];
    for (let round = 0; round < questionCount; round++) {
      asked.push(await timed(() => embedder.embedQuery(questions[round % questions.length] ?? '')));
    }
    const memories = Array.from({ length: memoryCount }, (_, index) => noteOf(index).content);
    const embed = (text: string) => embedder.embedDocument(text, { priority: 'background' });
    const oneByOne = await timed(async () => {
      for (const memory of memories) await embed(memory);
    });
    const atOnce = await timed(() => Promise.all(memories.map(embed)));
    const long = memories.slice(0, 40).join('\n');
    let chunks = 0;
    const longTime = await timed(async () => {
      chunks = (await embed(long)).vectors.length;
    });
    return [
      basename(model),
      shown(folderSize(model) / 1e6, 1),
      shown(ready / 1000, 2),
      shown(median(asked), 1),
      shown((memoryCount / oneByOne) * 1000),
      shown((memoryCount / atOnce) * 1000),
      shown(longTime / chunks, 1),
      shown(loadedMegabytes),
      shown(residentMegabytes()),
    ];
  } finally {
    await models.close();
  }
}

async function measureReranker(model: string): Promise<string[]> {
  const models = open({ reranker: model });
  const texts = Array.from({ length: candidateCount }, (_, index) => noteOf(index).content);
  try {
    const ready = await timed(() => models.reranker.score('memory', ['memory']));
    const times: number[] = [];
    for (let round = 0; round < rerankings; round++) {
      times.push(await timed(() => models.reranker.score(questions[round % questions.length] ?? '', texts)));
    }
    return [
      basename(model),
      shown(folderSize(model) / 1e6, 1),
      shown(ready / 1000, 2),
      shown(median(times), 1),
      shown(residentMegabytes()),
    ];
  } finally {
    await models.close();
  }
}

function open(changes: Parameters<typeof modelSettingsFor>[0]) {
  return openModels({ settings: modelSettingsFor(changes), clock: systemClock, logger: silentLogger });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Of the inference process, the only child that lives long; undefined where `ps` cannot tell. */
function residentMegabytes(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const pids = childProcesses().join(',');
  const lines = execFileSync('ps', ['-o', 'rss=,args=', '-p', pids], { encoding: 'utf8' }).split('\n');
  const [kilobytes] = lines
    .filter((line) => line.includes('memory-mcp inference'))
    .map((line) => Number.parseInt(line, 10));
  return kilobytes === undefined ? undefined : kilobytes / 1024;
}
