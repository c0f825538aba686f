/**
 * A process that shares the host of a folder, as a server does. It embeds each line of its input and answers with a line
 * of JSON: the status of the client, or what went wrong. It ends with its input.
 */
import { createInterface } from 'node:readline';
import { codeOf } from '../../src/core/errors.ts';
import { sharedInference, tinyEmbedder } from './inference.ts';

const [folder = ''] = process.argv.slice(2);
const client = sharedInference(folder);

for await (const text of createInterface({ input: process.stdin })) {
  const line = await client
    .embed({ model: tinyEmbedder(), as: 'one', prefix: '', text }, { priority: 'interactive' })
    .then(
      ({ vectors }) => ({ ...client.status(), vectors: vectors.length }),
      (error: unknown) => ({ error: String(error), code: codeOf(error) }),
    );
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
await client.close();
