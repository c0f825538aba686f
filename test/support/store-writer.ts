/**
 * A process of its own that opens a store and writes to it. Arguments: the file, a word for its texts, how many. Says
 * "ready", and begins when its input ends.
 */
import { once } from 'node:events';
import { openMemoryStore } from '../../src/store/memory-store.ts';

const [path = '', word = '', count = '1'] = process.argv.slice(2);
process.stdout.write('ready\n');
process.stdin.resume();
await once(process.stdin, 'end');
const store = await openMemoryStore({ path, persona: 'tester', busyTimeout: 1_000 });
for (let index = 0; index < Number(count); index++) {
  await store.memories.create({
    content: `${word} writes ${index}`,
    tags: [],
    importance: 0.5,
    source: 'tests',
    created_at: new Date().toISOString(),
    key: 'memory_20261124093000',
  });
}
await store.close();
