/**
 * Holds the test server, and the server at QDRANT_URL where there is one, against what a Qdrant 1.19 answered. What the test
 * server answers differently stands here by name, so that nobody builds on it.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareWithRecording, missingRecordings, readRecordings } from '../support/qdrant-recordings.ts';
import { askQdrant, removeCollection } from '../support/qdrant-requests.ts';
import { missingQdrantEngine, type QdrantServer, startQdrantServer } from '../support/qdrant-server.ts';

const skip = missingRecordings ?? missingQdrantEngine();
const { keys, recordings } =
  missingRecordings === undefined ? readRecordings() : { keys: { api_key: '', read_only_api_key: '' }, recordings: [] };

/** Cases of the recordings, and why the test server answers them differently. */
const different: Readonly<Record<string, string>> = {
  'create: without vectors': 'the engine needs a vector',
  'without vectors: upsert, not waiting, is acknowledged and lost': 'there is no such collection',
  'without vectors: no point, however long one waits': 'there is no such collection',
  'names are listed decoded': 'the collection without vectors is missing',
  'vector beyond f32: a query with score_threshold then finds nothing': 'this engine is newer, and finds the others',
  'scroll: order_by without index': 'another text after "Wrong input: No range index"',
  'scroll: order_by with offset': 'another text after "Wrong input: Cannot use an `offset`"',
  'filters: match': 'a boolean in a filter is refused, and a text without index is not searched for its parts',
  'filters: empty, null and missing': 'null within a list is found without an index, too',
  'filters: ids, nested keys, clauses': 'a boolean in a filter is refused',
  'payload: set on a missing point': 'another text after "Not found: No point with id"',
};

describe.skipIf(skip !== undefined)(`the test server${skip === undefined ? '' : ` (skipped: ${skip})`}`, () => {
  let open: QdrantServer;
  let keyed: QdrantServer;

  beforeAll(async () => {
    open = await startQdrantServer();
    keyed = await startQdrantServer({ apiKey: keys.api_key, readOnlyKey: keys.read_only_api_key });
  });
  afterAll(() => Promise.all([open?.stop(), keyed?.stop()]));

  it('answers as Qdrant did, but for what is listed', async () => {
    const found: Record<string, string[]> = {};
    for (const recording of recordings) {
      const lines = await compareWithRecording((recording.server === 'keyed' ? keyed : open).url, recording);
      if (lines.length > 0) found[recording.case] = lines;
    }
    const unexpected = Object.entries(found).filter(([name]) => different[name] === undefined);
    expect(unexpected).toEqual([]);
    expect(Object.keys(found).toSorted()).toEqual(Object.keys(different).toSorted());
  });
});

const external = process.env.QDRANT_URL;

const skipExternal = external === undefined ? 'it is not set' : missingRecordings;

describe.skipIf(skipExternal !== undefined)(
  `the server at QDRANT_URL${skipExternal === undefined ? '' : ` (skipped: ${skipExternal})`}`,
  () => {
    it('answers as Qdrant 1.19 did', async () => {
      const url = external ?? '';
      const listed = Object(await askQdrant(url, 'GET', '/collections')).collections;
      for (const { name } of listed) if (name.startsWith('rt_')) await removeCollection(url, name);
      const found: Record<string, string[]> = {};
      for (const recording of recordings) {
        // Those need two servers more.
        if (recording.server === 'keyed') continue;
        const lines = await compareWithRecording(url, recording);
        if (lines.length > 0) found[recording.case] = lines;
      }
      expect(found).toEqual({});
    });
  },
);
