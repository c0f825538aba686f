/**
 * kill -9 of any process at any moment: `npx tsx scripts/races/kills.ts [--kills 200] [--servers 4]`. Standing processes
 * share a host and ask without a pause, while the host, the process that runs the models or one of themselves is killed
 * at random, 1.25 s apart on average. Every request must be answered with a vector, or with an error that says that the
 * model is not available at the moment; no text may be blamed, and in the end nothing may be left.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { processesOfHost, untilNoneLeft } from './processes-of-host.ts';
import { type Racer, startRacer } from './racers.ts';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '200' }, servers: { type: 'string', default: '4' } },
});
const kills = Number(values.kills);
const root = mkdtempSync(join(tmpdir(), 'mm-kills-'));
const folder = join(root, 'inference');
const start = () => startRacer(join(import.meta.dirname, '../../test/support/sharing-process.ts'), [folder]);

const counts = { answered: 0, unanswered: 0, unavailable: 0, failed: 0, host: 0, model: 0, server: 0 };
const failures = new Set<string>();
const killed = new Set<Racer>();
let stopping = false;
const racers = new Map<Racer, Promise<void>>();
const add = () => {
  const racer = start();
  racers.set(racer, keepAsking(racer));
};
for (let n = 0; n < Number(values.servers); n++) add();

while (counts.answered < 4 * Number(values.servers)) await pause(50);
for (let kill = 0; kill < kills; kill++) {
  await pause(Math.random() * 2500);
  await killOne();
}
// Whatever was killed last has to be replaced before all can be asked to stop.
stopping = true;
await Promise.all(racers.values());
await Promise.all([...racers.keys()].map((racer) => racer.kill()));
const left = await untilNoneLeft(folder);
rmSync(root, { recursive: true, force: true });

console.log(
  `${kills} kills (host ${counts.host}, model process ${counts.model}, server ${counts.server}): ` +
    `${counts.answered} requests answered, ${counts.unavailable} told that the model is not available, ` +
    `${counts.failed} failed, ${counts.unanswered} lost with the server that asked. ` +
    `Nothing was left ${left === undefined ? 'never' : `${Math.round(left)} ms`} after kill -9 of all servers.`,
);
for (const failure of failures) console.log(failure);
process.exitCode = counts.failed === 0 && left !== undefined ? 0 : 1;

async function keepAsking(racer: Racer): Promise<void> {
  for (let n = 0; !stopping; n++) {
    const answer = await racer.ask(`今日は${n}回も海を見た。`.repeat(1 + (n % 20)));
    if (answer === undefined) {
      if (!killed.has(racer)) failures.add('a server ended by itself');
      counts.unanswered += 1;
      return;
    }
    const { vectors, error, code } = JSON.parse(answer);
    if (vectors === 1) counts.answered += 1;
    else if (code === 'model_unavailable') {
      counts.unavailable += 1;
      // As a server, which does not ask again at once either.
      await pause(250);
    } else {
      counts.failed += 1;
      failures.add(String(error));
    }
  }
}

async function killOne(): Promise<void> {
  const draw = Math.random();
  if (draw < 0.2) {
    const victims = [...racers.keys()].filter((racer) => !killed.has(racer));
    const victim = victims[Math.floor(Math.random() * victims.length)];
    if (victim === undefined) return;
    counts.server += 1;
    killed.add(victim);
    await victim.kill();
    racers.delete(victim);
    add();
    return;
  }
  // The host is older than the process that it starts, and so has the lower number as a rule; either may be killed.
  const victims = processesOfHost(folder).sort((one, other) => one - other);
  const [which, pid] = draw < 0.6 ? (['host', victims[0]] as const) : (['model', victims.at(-1)] as const);
  if (pid === undefined) return;
  counts[which] += 1;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was quicker.
  }
}
