/** The benchmarks: the file of each and what it measures. */
export const benches: Readonly<Record<string, string>> = {
  all: 'everything beside the memory servers that install from npm, for docs/benchmarks.md',
  cold: 'start, footprint and end of a server, beside other memory servers',
  heap: 'the small heap of a stdio server, beside the limits of V8',
  calls: 'creating and searching at 1,000 and 10,000 memories, beside other memory servers',
  vectors: 'the vector indexes: speed, memory and how much they find',
  qdrant: 'the index in Qdrant beside the flat index',
  'qdrant-recall': 'the question sets, asked through Qdrant and through the flat index',
  models: 'the embedding models and rerankers: speed and memory',
  sharing: 'eight servers that share an inference process, beside eight with one each',
  recall: 'how well memories are found',
  similar: 'what memory_create says is near, and what that costs',
  search: 'searches at 10,000 and 100,000 memories, beside SQLite alone',
  hook: 'what hooks show unasked, and how long they take',
  http: 'requests over HTTP',
  backup: 'a backup of a large store, beside tar',
  import: 'an import of many memories, beside creating them one by one',
};
