/** `npm run -s test-model [-- --reranker]`: writes the tiny model that the tests use and prints its folder. */
import { parseArgs } from 'node:util';
import { writeTestModel } from './test-model/test-models.ts';

const { values } = parseArgs({ options: { reranker: { type: 'boolean', default: false } } });
console.log(writeTestModel(values.reranker ? 'tiny-rerank' : 'tiny-embed'));
