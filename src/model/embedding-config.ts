/**
 * Determines how to use an embedding model. Settings take precedence over the preset, or without a preset over the
 * model's own sentence-transformers files. If none of them gives a required value, the error names the setting.
 */
import { join } from 'node:path';
import { codeOf, MemoryMcpError, reasonOf } from '../core/errors.ts';
import { resolveInside } from '../files/inside-folder.ts';
import { readRegularFile } from '../files/regular-file.ts';
import type { Pooling } from './inference/inference-protocol.ts';
import type { EmbeddingSettings } from './model-settings.ts';
import type { EmbeddingPreset } from './presets.ts';

export interface EmbeddingConfig {
  readonly pooling: Pooling;
  readonly queryPrefix: string;
  readonly documentPrefix: string;
  readonly maxTokens: number;
  /** From the settings, the preset or the files. Undefined if none of them gives it. */
  readonly dimensions: number | undefined;
  /** True if a setting asks for fewer dimensions than the model has. */
  readonly truncated: boolean;
  /** True if neither a setting nor the model specifies a prefix. */
  readonly withoutPrefixes: boolean;
}

type Overrides = Pick<EmbeddingSettings, 'pooling' | 'dimensions' | 'queryPrefix' | 'documentPrefix'>;

const minimumMaxTokens = 32;
const defaultMaxTokens = 512;

/** Reads small files of `folder` synchronously. */
export function readEmbeddingConfig(
  folder: string,
  overrides: Overrides,
  preset: EmbeddingPreset | undefined,
): EmbeddingConfig {
  const own = preset ?? readModelConfig(folder, overrides);
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

function readModelConfig(folder: string, overrides: Overrides) {
  const prefixes = readPrefixes(folder);
  const { pooling, includesPrompt, dimensions } = readPooling(folder, overrides.pooling);
  // Leave the prompt out of the mean unless the files include it: recall of multilingual-e5-small was better without
  // it.
  const hasPrompt = (prefixes.queryPrefix ?? '') !== '' || (prefixes.documentPrefix ?? '') !== '';
  return {
    pooling: pooling === 'mean' && hasPrompt && !includesPrompt ? ('content_mean' as const) : pooling,
    dimensions,
    ...prefixes,
    maxTokens: readMaxTokens(folder),
  };
}

/** The maximum input length from the model's own files, or 512 if they do not specify it. */
export function readMaxTokens(folder: string): number {
  const limits = [
    readJson(folder, 'sentence_bert_config.json')?.max_seq_length,
    readJson(folder, 'tokenizer_config.json')?.model_max_length,
  ];
  // Tokenizers without a limit have 10^30 here.
  const limit = limits.find((value) => typeof value === 'number' && value >= minimumMaxTokens && value <= 1_000_000);
  return typeof limit === 'number' ? limit : defaultMaxTokens;
}

function readPrefixes(folder: string): { queryPrefix?: string; documentPrefix?: string } {
  const prompts = readJson(folder, 'config_sentence_transformers.json')?.prompts;
  if (!isRecord(prompts)) return {};
  const findPrompt = (...names: string[]) =>
    names.map((name) => prompts[name]).find((text) => typeof text === 'string');
  const queryPrefix = findPrompt('query', 'Retrieval-query');
  const documentPrefix = findPrompt('document', 'passage', 'Retrieval-document');
  return {
    ...(queryPrefix === undefined ? {} : { queryPrefix }),
    ...(documentPrefix === undefined ? {} : { documentPrefix }),
  };
}

interface ModelPooling {
  readonly pooling: Pooling;
  /** Whether the files explicitly include the prompt's tokens. */
  readonly includesPrompt: boolean;
  readonly dimensions: number | undefined;
}

function readPooling(folder: string, override: Pooling | undefined): ModelPooling {
  const modules = readModules(folder);
  const pooler = modules?.find(({ kind }) => kind === 'Pooling');
  const config = pooler === undefined ? undefined : readJson(folder, resolvePoolingFile(folder, pooler.path));
  const size = config?.word_embedding_dimension;
  const dimensions = typeof size === 'number' ? size : undefined;
  const includesPrompt = config?.include_prompt === true;
  if (override !== undefined) return { pooling: override, includesPrompt, dimensions };

  const unsupported = modules?.find(({ kind }) => !['Transformer', 'Pooling', 'Normalize'].includes(kind));
  if (unsupported !== undefined)
    throw unknownPooling(folder, `modules.json asks for ${unsupported.kind}, which is not supported`);
  if (config === undefined) throw unknownPooling(folder, 'its files do not specify how to pool the token vectors');
  const modes = Object.entries(config).filter(([key, value]) => key.startsWith('pooling_mode_') && value === true);
  const pooling = modes.length === 1 ? poolingModes[modes[0]?.[0] ?? ''] : undefined;
  if (pooling === undefined) {
    throw unknownPooling(
      folder,
      `${pooler?.path}/config.json asks for ${modes.map(([key]) => key).join(' + ') || 'no pooling'}`,
    );
  }
  if (config.include_prompt === false && pooling !== 'mean')
    throw unknownPooling(folder, `it excludes the prompt from ${pooling} pooling, which is not supported`);
  return { pooling, includesPrompt, dimensions };
}

/** The path comes from `modules.json`, which is untrusted. It must not lead out of the model's folder. */
function resolvePoolingFile(folder: string, path: string): string {
  const file = path === '' ? 'config.json' : `${path.replace(/\/$/, '')}/config.json`;
  try {
    resolveInside(folder, file);
    return file;
  } catch (error) {
    throw unknownPooling(folder, `its modules.json names a folder outside the model. ${reasonOf(error)}`);
  }
}

const poolingModes: Readonly<Record<string, Pooling>> = {
  pooling_mode_mean_tokens: 'mean',
  pooling_mode_cls_token: 'cls',
  pooling_mode_lasttoken: 'last_token',
};

function unknownPooling(folder: string, why: string): MemoryMcpError {
  return new MemoryMcpError('invalid_input', `The model in ${folder} cannot be used as it is: ${why}`, {
    hint: 'Set embeddings_pooling to mean, content_mean, cls, last_token or sentence_embedding (an output of the graph), or choose another embeddings_model.',
  });
}

/** The kind of a module is the last part of its type: "sentence_transformers.models.Pooling" is Pooling. */
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
