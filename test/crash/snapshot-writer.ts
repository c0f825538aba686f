/**
 * A process that writes snapshots of a growing index as fast as it can, to be killed in the middle of one. Arguments:
 * the file, and the number of vectors to begin with. Prints each generation that it has flushed.
 */
import { silentLogger } from '../../src/core/logger.ts';
import { openFlatIndex } from '../../src/vector/flat-index.ts';
import { growingPlace, growingPuts, growingSpace } from './growing-index.ts';

const [file = '', first = '1'] = process.argv.slice(2);
const index = await openFlatIndex({ space: growingSpace, logger: silentLogger, snapshot: growingPlace(file) });
const loaded = await index.appliedGeneration();
let generation = Math.max(loaded, Number(first));
await index.apply(growingPuts(loaded + 1, generation), generation);
for (;;) {
  await index.flush();
  process.stdout.write(`${generation}\n`);
  generation++;
  await index.apply(growingPuts(generation, generation), generation);
}
