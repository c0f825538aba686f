/**
 * A hub that lies about its files: names that lead out of the folder of the model, hashes and commits that are none.
 * The download ends in one sentence before anything is written.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { testModelFiles } from '../../scripts/test-model/test-models.ts';
import { folderOfTest } from '../support/model-servers.ts';
import { runCommand } from '../support/run-command.ts';

const model = 'someone/tiny-embed';
const graph = 'onnx/model_quantized.onnx';
const evil = Buffer.from('evil');
const files: Readonly<Record<string, Uint8Array>> = testModelFiles('tiny-embed');

const sibling = (rfilename: string, content: Uint8Array) => ({
  rfilename,
  size: content.length,
  blobId: createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex'),
});
const honest = Object.entries(files).map(([path, content]) => sibling(path, content));
const commit = 'a'.repeat(40);

/** Lists what it is told to, and answers every address that is no file of the model with `evil`. */
async function openHostileHub(listing: object): Promise<string> {
  const server = createServer(({ url = '' }, response) => {
    if (url.startsWith('/api/models/')) return response.end(JSON.stringify({ sha: commit, ...listing }));
    const path = Object.keys(files).find((file) => decodeURIComponent(url).endsWith(`/${commit}/${file}`));
    return response.end(path === undefined || 'sha' in listing ? evil : files[path]);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  // A listening TCP server has an address and a port.
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

/** Everything below the folder of the test but the model's own folder, with contents. */
function filesAround(root: string): Record<string, string> {
  const own = join('cache', 'huggingface', model);
  const found = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = found.map(({ parentPath, name }) => join(parentPath, name)).filter((path) => !path.includes(own));
  return Object.fromEntries(paths.map((path) => [path.slice(root.length), readFileSync(path, 'utf8')]));
}

async function download(listing: object, { victim }: { victim?: string } = {}) {
  const root = folderOfTest();
  const dataDir = join(root, 'data');
  const folder = join(dataDir, 'cache', 'huggingface', model);
  if (victim !== undefined) {
    const path = join(folder, victim);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'mine');
  }
  const before = filesAround(root);
  const env = { HF_ENDPOINT: await openHostileHub(listing), MEMORY_MCP_EMBEDDINGS_MODEL: model };
  const { code, err } = await runCommand(['download-models'], { dataDir, env });
  const complaints = err.split('\n').filter((line) => line.startsWith('memory-mcp: '));
  const written = existsSync(folder) ? readdirSync(folder) : [];
  return { code, complaints, written, before, after: filesAround(root) };
}

describe('a hub', () => {
  it('that is honest has its model fetched', async () => {
    const { code, complaints, written } = await download({ siblings: honest });
    expect({ code, complaints }).toEqual({ code: 0, complaints: [] });
    expect(written).toContain('config.json');
  });

  it.each([
    [`${graph}_data/../../../../evil.txt`, /evil\.txt" is refused: it leaves its folder/],
    [`${graph}_data/../../../../../../../evil.txt`, /is refused: it leaves its folder/],
    [`${graph}_data/../../config.json`, /is refused: it leaves its folder/],
    [`${graph}_data\\..\\..\\..\\evil.txt`, /is refused: it has a character/],
    [`${graph}_data:stream`, /is refused: it has a character/],
    [`${graph}_data\n`, /is refused: it has a character/],
    [`${graph}_data//x`, /is refused: it has an empty part/],
    [`${graph}_data./x`, /is refused: one of its parts ends with a dot/],
    [`${graph}_data/nul`, /is refused: it is the name of a device/],
  ])('that lists %j is refused, and nothing is written', async (name, message) => {
    const { code, complaints, written, before, after } = await download({ siblings: [...honest, sibling(name, evil)] });
    expect(after).toEqual(before);
    expect({ code, complaints }).toEqual({ code: 1, complaints: [expect.stringMatching(message)] });
    expect(written).toEqual([]);
  });

  it('that names a hash which leads elsewhere is refused, and a file there stays', async () => {
    const lie = { rfilename: `${graph}_data`, size: 4, lfs: { sha256: '/../../../vi' } };
    const siblings = [sibling(`${graph}_data./x`, evil), lie, ...honest];
    const { code, complaints, before, after } = await download({ siblings }, { victim: '../vi.partial' });
    expect(after).toEqual(before);
    expect({ code, complaints }).toEqual({ code: 1, complaints: [expect.stringMatching(/has no valid hash/)] });
  });

  it.each([
    ['a hash that is too short', { ...sibling('config.json', files['config.json'] ?? evil), blobId: 'abc' }],
    ['no hash', { rfilename: 'config.json', size: 4 }],
    ['a size below zero', { ...sibling('config.json', evil), size: -1 }],
  ])('that lists a file with %s is refused', async (_, file) => {
    const { code, complaints } = await download({ siblings: [...honest, file] });
    expect({ code, complaints }).toEqual({
      code: 1,
      complaints: [expect.stringMatching(/does not respond like the Hugging Face Hub/)],
    });
  });

  it('that names a commit which leads elsewhere is refused', async () => {
    const { code, complaints } = await download({ siblings: honest, sha: 'x/../../../../elsewhere' });
    expect({ code, complaints }).toEqual({ code: 1, complaints: [expect.stringMatching(/no valid commit/)] });
  });
});
