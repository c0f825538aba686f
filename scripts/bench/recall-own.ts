/**
 * Recall on the user's own memories, which have no questions: a part of a memory's text must lead back to the memory.
 * Reads only, and prints counts, never text.
 */

import * as z from 'zod';
import { openApp } from '../../src/app.ts';
import { loadConfiguration } from '../../src/config/load.ts';
import { createLogger } from '../../src/core/logger.ts';
import { memoryList } from '../../src/operation/memory-list.ts';
import { memoryRead } from '../../src/operation/memory-read.ts';
import { memorySearch } from '../../src/operation/memory-search.ts';
import { invoke } from '../../src/operation/operation.ts';
import { scoreAnswers } from './recall-scores.ts';
import { table } from './report.ts';

const page = z.object({ memories: z.array(z.object({ key: z.string() })), next_cursor: z.string().optional() });
const whole = z.object({ memories: z.array(z.object({ key: z.string(), content: z.string() })) });
const found = z.object({
  results: z.array(z.object({ key: z.string() })),
  mode: z.string(),
  degraded_reason: z.string().optional(),
});

const sampleSize = 200;
const shortest = 24;

export async function measureOwn(): Promise<void> {
  const loaded = await loadConfiguration();
  const logger = createLogger({ level: () => 'warn', write: (line) => process.stderr.write(line) });
  const app = openApp({ loaded, logger, kind: 'command' });
  const scope = app.scopeFor(loaded.configuration.persona, { source: 'bench', readOnly: true });
  try {
    const keys: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const list = page.parse(await invoke(memoryList, { limit: 100, cursor }, scope));
      keys.push(...list.memories.map(({ key }) => key));
      cursor = list.next_cursor;
      if (cursor === undefined) break;
    }
    const step = Math.max(1, Math.floor(keys.length / sampleSize));
    const sample = keys.filter((_, index) => index % step === 0).slice(0, sampleSize);
    const rows: string[][] = [];
    for (const mode of ['keyword', 'hybrid'] as const) {
      const answers = [];
      let ran: string = mode;
      for (const key of sample) {
        const { memories } = whole.parse(await invoke(memoryRead, { keys: [key] }, scope));
        const content = memories[0]?.content ?? '';
        if (content.length < shortest) continue;
        const reply = found.parse(await invoke(memorySearch, { query: middleThird(content), mode, limit: 10 }, scope));
        ran = reply.mode;
        answers.push({ relevant: [key], ranked: reply.results.map((result) => result.key) });
      }
      const score = scoreAnswers(answers);
      rows.push([
        mode,
        ran,
        String(score.count),
        ...[score.recallAt1, score.recallAt5, score.recallAt10].map((share) => (100 * share).toFixed(1)),
      ]);
    }
    console.log(table(['asked for', 'ran', 'memories', 'R@1', 'R@5', 'R@10'], rows));
  } finally {
    await app.close();
  }
}

/** The middle of a text, at most 200 characters: beginnings are often alike. */
function middleThird(content: string): string {
  const characters = [...content];
  const third = Math.min(200, Math.ceil(characters.length / 3));
  const start = Math.floor((characters.length - third) / 2);
  return characters.slice(start, start + third).join('');
}
