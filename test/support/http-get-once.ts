/** Fetches the address in the first argument through the proxy in the second and prints the body. */
import { text } from 'node:stream/consumers';
import { httpGet } from '../../src/model/download/http-get.ts';

const [address = '', proxy, ...noProxy] = process.argv.slice(2);
const { response } = await httpGet(address, {
  headers: { 'x-asked': 'yes' },
  authorization: 'Bearer token',
  proxy,
  noProxy,
});
process.stdout.write(`${response.statusCode} ${await text(response)}`);
