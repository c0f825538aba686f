/**
 * Races of standing processes for one lock: `npx tsx scripts/races/lock.ts [--races 2000] [--processes 16]`. In each race
 * exactly one may take it. Every twentieth holder is killed instead of asked to release it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Racer, startRacer } from './racers.ts';

const { values } = parseArgs({
  options: { races: { type: 'string', default: '2000' }, processes: { type: 'string', default: '16' } },
});
const races = Number(values.races);
const folder = mkdtempSync(join(tmpdir(), 'memory-mcp-races-'));
const start = () => startRacer(join(import.meta.dirname, 'lock-process.ts'), [join(folder, 'lock')]);
const racers = Array.from({ length: Number(values.processes) }, start);
const killEvery = 20;
const headStart = 30;

const counts = { one: 0, none: 0, several: 0, killed: 0 };
const winners = new Set<number>();
for (let race = 1; race <= races; race++) {
  const moment = String(performance.timeOrigin + performance.now() + headStart);
  const answers = await Promise.all(racers.map((racer) => racer.ask(moment)));
  const holders = racers.filter((_, index) => answers[index] === 'taken');
  counts[holders.length === 0 ? 'none' : holders.length === 1 ? 'one' : 'several'] += 1;
  for (const holder of holders) winners.add(holder.pid);
  await Promise.all(holders.map((holder) => endTerm(holder, race)));
  if (race % 250 === 0) console.error(`${race} races: ${JSON.stringify(counts)}`);
}
await Promise.all(racers.map((racer) => racer.end()));
rmSync(folder, { recursive: true });

console.log(
  `${races} races of ${racers.length} processes: one holder in ${counts.one}, none in ${counts.none}, ` +
    `several in ${counts.several}. ${winners.size} processes have held it; ${counts.killed} holders were killed.`,
);
process.exitCode = counts.one === races ? 0 : 1;

async function endTerm(holder: Racer, race: number): Promise<void> {
  if (race % killEvery !== 0) {
    await holder.ask('release');
    return;
  }
  counts.killed += 1;
  await holder.kill();
  racers[racers.indexOf(holder)] = start();
}
