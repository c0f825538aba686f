/**
 * Settings of the original system: those that are called differently here, and those that have no equivalent. The latter
 * are accepted with a warning, which lets users keep their configuration when they migrate.
 */
import type { Source } from './setting-value.ts';

const legacyKeys = ['sentiment_model', 'summarization', 'log_file'] as const;

/** Whether a top-level key of the file is a legacy key. */
export const isLegacyKey = (key: string): boolean => legacyKeys.some((legacyKey) => legacyKey === key);

/** Variables of the original's later versions, by the key that they set here. The first that is set counts. */
const legacyVariables: Readonly<Record<string, readonly string[]>> = {
  persona: ['PERSONA', 'NOUS_DEFAULT_PERSONA'],
  server_host: ['NOUS_SERVER__HOST'],
  server_port: ['NOUS_SERVER__PORT'],
  timezone: ['NOUS_TIMEZONE'],
  log_level: ['NOUS_LOG_LEVEL'],
  embeddings_model: ['NOUS_EMBEDDING__MODEL'],
  embeddings_device: ['NOUS_EMBEDDING__DEVICE'],
  reranker_model: ['NOUS_RERANKER__MODEL'],
  qdrant_url: ['NOUS_QDRANT__URL'],
  qdrant_api_key: ['NOUS_QDRANT__API_KEY'],
  qdrant_collection_prefix: ['NOUS_QDRANT__COLLECTION_PREFIX'],
};

/** The data folder of its last version. */
export const legacyDataVariable = 'NOUS_DATA_ROOT';

export const legacyVariablesOf = (key: string): readonly string[] => legacyVariables[key] ?? [];

/** Whether a variable has no equivalent here: `MEMORY_MCP_LOG_FILE`, `MEMORY_MCP_SUMMARIZATION__ENABLED`, `NOUS_SEARXNG_URL`. */
export function isLegacyVariable(variable: string): boolean {
  if (variable.startsWith('NOUS_')) {
    return variable !== legacyDataVariable && !Object.values(legacyVariables).flat().includes(variable);
  }
  return legacyKeys.some((key) => {
    const name = `MEMORY_MCP_${key.toUpperCase()}`;
    return variable === name || (key === 'summarization' && variable.startsWith(`${name}_`));
  });
}

export function warnOfLegacyNames(names: readonly string[]): string {
  const subject = names.length === 1 ? 'is a setting' : 'are settings';
  return `${names.join(', ')} ${subject} of the original system and ${names.length === 1 ? 'has' : 'have'} no effect`;
}

/** Its file went before the environment, but for these two. */
const decidedByEnvironment = ['server_host', 'server_port'];

/** What the original had in its file. */
const originalKeys = [
  'embeddings_model',
  'embeddings_device',
  'reranker_model',
  'reranker_top_n',
  'server_host',
  'server_port',
  'timezone',
  'recent_memories_count',
  'storage_backend',
  'qdrant_url',
  'qdrant_api_key',
  'qdrant_collection_prefix',
];
const originalGroups = /^(?:vector_rebuild|auto_cleanup)\./;

/** Whether a file with these keys may have been written for the original. One with a key of ours was not. */
export function isOriginalFile(keys: readonly string[]): boolean {
  return keys.every((key) => originalKeys.includes(key) || originalGroups.test(key));
}

export interface Disagreement {
  readonly key: string;
  /** What overrides the file. */
  readonly by: Source;
}

/** One warning about the keys in which the environment overrides another value of the file; none if there are none. */
export function warnOfPrecedence(disagreements: readonly Disagreement[], file: string): string[] {
  const reversed = disagreements.filter(
    ({ key, by }) => by.from === 'environment' && !decidedByEnvironment.includes(key),
  );
  if (reversed.length === 0) return [];
  const pairs = reversed.map(({ key, by }) => `${key} (${by.name})`).join(', ');
  return [
    `${file} and the environment differ in ${pairs}. The environment counts; in the original system the file did. Remove the one that is wrong`,
  ];
}

const levelNames = new Map([
  ['warning', 'warn'],
  ['critical', 'error'],
]);

/** The current name of a value that the original system called differently; undefined for all other values. */
export function translateLegacyValue(key: string, value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (key === 'vector_rebuild.mode' && value === 'auto') return 'idle';
  if (key === 'embeddings_device' && value === 'mps') return 'cpu';
  if (key === 'log_level') return levelNames.get(value.trim().toLowerCase());
  return undefined;
}
