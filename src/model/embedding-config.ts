/**
 * How an embedding model is to be used: settings first, then the preset, then the model's own sentence-transformers
 * files. What none of them says and cannot be done without is an error that names the setting.
 */
import { join } from 'node:path';
import { codeOf, MemoryMcpError, reasonOf } from '../core/errors.ts';
import { insideFolder } from '../files/inside-folder.ts';
import { readRegularFile } from '../files/regular-file.ts';
import type { Pooling } from './inference/inference-protocol.ts';
import type { EmbeddingSettings } from './model-settings.ts';
import type { EmbeddingPreset } from './presets.ts';

export interface EmbeddingConfig {
  readonly pooling: Pooling;
  readonly queryPrefix: string;
  readonly documentPrefix: string;
  readonly maxTokens: number;
  /** What the files or the preset say; undefined until the model has made its first vector. */
  readonly dimensions: number | undefined;
  /** True where a setting asks for fewer dimensions than the model has. */
  readonly truncated: boolean;
  /** Neither a setting nor the model says what to put before texts. */
  readonly withoutPrefixes: boolean;
}

type Wishes = Pick<EmbeddingSettings, 'pooling' | 'dimensions' | 'queryPrefix' | 'documentPrefix'>;

const fewestTokens = 32;
const maxTokensUnlessSaid = 512;

/** Reads small files of `folder`, synchronously. */
export function readEmbeddingConfig(
  folder: string,
  overrides: Wishes,
  preset: EmbeddingPreset | undefined,
): EmbeddingConfig {
  const own = preset ?? ownRecipe(folder, overrides);
  const { dimensions } = own;
  return {
    pooling: overrides.pooling ?? own.pooling,
    queryPrefix: overrides.queryPrefix ?? own.queryPrefix ?? '',
    documentPrefix: overrides.documentPrefix ?? own.documentPrefix ?? '',
    maxTokens: own.maxTokens,
    dimensions: overrides.dimensions ?? dimensions,
    truncated: overrides.dimensions !== undefined && overrides.dimensions !== dimensions,
    withoutPrefixes: [overrides.queryPrefix, overrides.documentPrefix, own.queryPrefix, own.documentPrefix].every(
      (prefix) => prefix === undefined,
    ),
  };
}

function ownRecipe(folder: string, overrides: Wishes) {
  const prefixes = ownPrefixes(folder);
  const { pooling, promptCounts, dimensions } = ownPooling(folder, overrides.pooling);
  // Unless the files want the prompt in the mean: without it, multilingual-e5-small found more.
  const prompted = (prefixes.queryPrefix ?? '') !== '' || (prefixes.documentPrefix ?? '') !== '';
  return {
    pooling: pooling === 'mean' && prompted && !promptCounts ? ('content_mean' as const) : pooling,
    dimensions,
    ...prefixes,
    maxTokens: maxTokensOf(folder),
  };
}

/** The longest input of a model by its own files, 512 where they do not say. */
export function maxTokensOf(folder: string): number {
  const said = [
    readJson(folder, 'sentence_bert_config.json')?.max_seq_length,
    readJson(folder, 'tokenizer_config.json')?.model_max_length,
  ];
  // Tokenizers without a limit say 10^30.
  const limit = said.find((value) => typeof value === 'number' && value >= fewestTokens && value <= 1_000_000);
  return typeof limit === 'number' ? limit : maxTokensUnlessSaid;
}

function ownPrefixes(folder: string): { queryPrefix?: string; documentPrefix?: string } {
  const prompts = readJson(folder, 'config_sentence_transformers.json')?.prompts;
  if (!isRecord(prompts)) return {};
  const named = (...names: string[]) => names.map((name) => prompts[name]).find((text) => typeof text === 'string');
  const queryPrefix = named('query', 'Retrieval-query');
  const documentPrefix = named('document', 'passage', 'Retrieval-document');
  return {
    ...(queryPrefix === undefined ? {} : { queryPrefix }),
    ...(documentPrefix === undefined ? {} : { documentPrefix }),
  };
}

interface OwnPooling {
  readonly pooling: Pooling;
  /** Whether the files say that the prompt's tokens are part of it. */
  readonly promptCounts: boolean;
  readonly dimensions: number | undefined;
}

function ownPooling(folder: string, wished: Pooling | undefined): OwnPooling {
  const modules = readModules(folder);
  const pooler = modules?.find(({ kind }) => kind === 'Pooling');
  const config = pooler === undefined ? undefined : readJson(folder, poolingFile(folder, pooler.path));
  const size = config?.word_embedding_dimension;
  const dimensions = typeof size === 'number' ? size : undefined;
  const promptCounts = config?.include_prompt === true;
  if (wished !== undefined) return { pooling: wished, promptCounts, dimensions };

  const stranger = modules?.find(({ kind }) => !['Transformer', 'Pooling', 'Normalize'].includes(kind));
  if (stranger !== undefined)
    throw unknownPooling(folder, `modules.json asks for ${stranger.kind}, which is not supported`);
  if (config === undefined) throw unknownPooling(folder, 'its files do not say how the vectors of tokens become one');
  const modes = Object.entries(config).filter(([key, value]) => key.startsWith('pooling_mode_') && value === true);
  const pooling = modes.length === 1 ? poolingModes[modes[0]?.[0] ?? ''] : undefined;
  if (pooling === undefined) {
    throw unknownPooling(
      folder,
      `${pooler?.path}/config.json asks for ${modes.map(([key]) => key).join(' + ') || 'no pooling'}`,
    );
  }
  if (config.include_prompt === false && pooling !== 'mean')
    throw unknownPooling(folder, `it leaves the prompt out of a pooling by ${pooling}, which is not supported`);
  return { pooling, promptCounts, dimensions };
}

/** `modules.json` comes with the model: the path in it must not lead to a file of somebody else. */
function poolingFile(folder: string, path: string): string {
  const file = path === '' ? 'config.json' : `${path.replace(/\/$/, '')}/config.json`;
  try {
    insideFolder(folder, file);
    return file;
  } catch (error) {
    throw unknownPooling(folder, `its modules.json names a folder elsewhere. ${reasonOf(error)}`);
  }
}

const poolingModes: Readonly<Record<string, Pooling>> = {
  pooling_mode_mean_tokens: 'mean',
  pooling_mode_cls_token: 'cls',
  pooling_mode_lasttoken: 'last_token',
};

function unknownPooling(folder: string, why: string): MemoryMcpError {
  return new MemoryMcpError('invalid_input', `The model in ${folder} cannot be used as it is: ${why}`, {
    hint: 'Set embeddings_pooling to mean, content_mean, cls, last_token or sentence_embedding (an output of the graph itself), or choose another embeddings_model.',
  });
}

/** The modules by the last part of their type: "sentence_transformers.models.Pooling" is Pooling. */
function readModules(folder: string): { kind: string; path: string }[] | undefined {
  const modules = readJsonValue(folder, 'modules.json');
  if (!Array.isArray(modules)) return undefined;
  return modules
    .filter(isRecord)
    .map(({ type, path }) => ({ kind: String(type).split('.').at(-1) ?? '', path: String(path) }));
}

function readJson(folder: string, file: string): Record<string, unknown> | undefined {
  const value = readJsonValue(folder, file);
  return isRecord(value) ? value : undefined;
}

function readJsonValue(folder: string, file: string): unknown {
  try {
    return JSON.parse(readRegularFile(join(folder, file)));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new MemoryMcpError('corrupt', `${join(folder, file)} cannot be read: ${reasonOf(error)}`, {
      hint: 'Fetch the model again: memory-mcp download-models --force',
    });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
