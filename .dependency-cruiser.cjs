/** The import rule of the design, checked by `npm run check`: imports point down, and each library has its one place. */
const layers = [
  'core',
  'files',
  'scoring',
  'config',
  'model',
  'vector',
  'store',
  'backup',
  'original',
  'personas',
  'persona',
  'reply',
  'search',
  'service',
  'transfer',
  'hook',
  'doctor',
  'setup',
  'operation',
  'transport',
  'command',
];

const open = ['store', 'vector', 'model', 'config', 'scoring', 'files', 'core'];

/** What each layer may import besides itself. */
const below = {
  core: [],
  files: ['core'],
  scoring: ['core'],
  config: ['files', 'core'],
  store: ['files', 'core'],
  backup: ['store', 'config', 'files', 'core'],
  original: ['backup', 'store', 'config', 'files', 'core'],
  personas: ['backup', 'store', 'config', 'files', 'core'],
  vector: ['files', 'core'],
  model: ['config', 'files', 'core'],
  persona: ['original', ...open],
  reply: ['persona', 'core'],
  search: ['reply', 'persona', ...open],
  service: ['search', 'reply', 'persona', ...open],
  doctor: ['personas', 'backup', 'config', 'store', 'vector', 'model', 'files', 'core'],
  transfer: ['service', 'persona', 'store', 'files', 'core'],
  hook: ['service', 'search', 'reply', ...open],
  setup: ['hook', 'files', 'core'],
  operation: ['service', 'search', 'reply', 'persona', 'core'],
  transport: ['operation', 'service', 'personas', 'persona', 'config', 'files', 'core'],
  command: [
    'doctor',
    'personas',
    'backup',
    'original',
    'transport',
    'operation',
    'setup',
    'hook',
    'transfer',
    'service',
    'reply',
    'persona',
    ...open,
  ],
};

const importRules = layers.map((layer) => ({
  name: `${layer}-imports-down`,
  comment: `${layer}/ may import ${below[layer].join(', ') || 'nothing'} and itself`,
  severity: 'error',
  from: { path: `^src/${layer}/` },
  to: {
    path: '^src/',
    pathNot: [`^src/(${[layer, ...below[layer]].join('|')})/`, ...(layer === 'command' ? ['^src/app\\.ts$'] : [])],
  },
}));

/** A library and the only files that may know it. */
const fences = {
  'better-sqlite3': '^src/(files/(sqlite-driver|lock-file)|store/sqlite/connection)\\.ts$',
  'faiss-node': '^src/vector/(faiss-index|scan/faiss-scanner)\\.ts$',
  'onnxruntime-node': '^src/model/',
  '@huggingface/': '^src/model/',
  '@modelcontextprotocol/': '^src/transport/',
  hono: '^src/transport/',
  '@hono/': '^src/transport/',
  commander: '^src/cli\\.ts$',
  cosmiconfig: '^src/files/parse-yaml\\.ts$',
  'rotating-file-stream': '^src/transport/log-file\\.ts$',
  'tar-stream': '^src/backup/archive\\.ts$',
  'jsonc-parser': '^src/setup/edit-json\\.ts$',
  'smol-toml': '^src/setup/edit-toml\\.ts$',
  yauzl: '^src/transfer/zip\\.ts$',
  'env-paths': '^src/config/paths\\.ts$',
};

const libraryRules = Object.entries(fences).map(([library, place]) => ({
  name: `${library.replace(/\W+/g, '-')}-has-one-place`,
  comment: `${library} is used in ${place} only`,
  severity: 'error',
  from: { path: '^src/', pathNot: place },
  to: { path: `(^|node_modules/)${library.replace('/', '\\/')}` },
}));

module.exports = {
  forbidden: [
    ...importRules,
    ...libraryRules,
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'transport-sees-no-store',
      comment: 'transports and operations are handed a scope',
      severity: 'error',
      from: { path: '^src/(transport|operation)/' },
      to: { path: '^src/(store|vector|model|scoring|persona)/', pathNot: '^src/persona/scope\\.ts$' },
    },
    {
      name: 'drivers-stay-apart',
      comment: 'an index driver never imports another',
      severity: 'error',
      from: { path: '^src/vector/(flat|faiss)-index\\.ts$' },
      to: { path: '^src/vector/((flat|faiss)-index\\.ts$|qdrant/)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'qdrant-stays-apart',
      comment: 'what talks to Qdrant holds no vectors, and src/app.ts alone opens it',
      severity: 'error',
      from: { path: '^src/vector/qdrant/' },
      to: { path: '^src/vector/', pathNot: '^src/vector/(qdrant/|(vector-index|memory-collection)\\.ts$)' },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(faiss-node|typescript)$' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|\\.cache)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
