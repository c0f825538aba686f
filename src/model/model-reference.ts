/**
 * Resolves the name of a model in the configuration: none, a local folder, or a hub repository and the folder for its
 * files. Does not access the disk.
 */
import { isAbsolute } from 'node:path';
import { MemoryMcpError, reasonOf } from '../core/errors.ts';
import { resolveInside } from '../files/inside-folder.ts';
import { type EmbeddingPreset, embeddingPresets, type RerankerPreset, rerankerPresets } from './presets.ts';

export type ModelRole = 'embedder' | 'reranker';

/** Where the files of a model are or will be. */
export interface ModelPlace {
  readonly folder: string;
  /** Suitable graphs, in order of preference, relative to the folder. */
  readonly graphs: readonly string[];
  /** Where to download them from. Undefined for the user's own folder. */
  readonly source: { readonly repository: string; readonly revision: string | undefined } | undefined;
}

export interface ModelReference<Preset> {
  /** The name from the configuration, or the last part of a path. */
  readonly name: string;
  readonly place: ModelPlace;
  readonly preset: Preset | undefined;
}

/** The file name suffixes that transformers.js uses for each dtype. */
const dtypeSuffixes: Readonly<Record<string, string>> = {
  fp32: '',
  fp16: '_fp16',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  q4: '_q4',
  q4f16: '_q4f16',
  bnb4: '_bnb4',
};

/** Returns undefined for "none". Throws `invalid_input` unless the name is a hub id or an absolute path. */
export function resolveEmbedder(
  model: string,
  dtype: string,
  folder: string,
): ModelReference<EmbeddingPreset> | undefined {
  return resolveModel('embeddings_model', model, folder, embeddingPresets, () => listGraphFiles(dtype));
}

/** Returns undefined for "none". Rerankers have no dtype setting. The 8-bit graph is preferred over the fp32 one. */
export function resolveReranker(
  model: string,
  folder: string,
  architecture: string,
): ModelReference<RerankerPreset> | undefined {
  return resolveModel('reranker_model', model, folder, rerankerPresets, (preset) => {
    if (preset === undefined) return [...listGraphFiles('q8'), ...listGraphFiles('fp32')];
    const { files } = preset;
    return [architecture === 'x64' || architecture === 'arm64' ? files[architecture] : files.other];
  });
}

function resolveModel<Preset extends { repository: string; revision?: string }>(
  setting: string,
  model: string,
  folder: string,
  presets: Readonly<Record<string, Preset>>,
  graphsOf: (preset: Preset | undefined) => string[],
): ModelReference<Preset> | undefined {
  if (model === 'none') return undefined;
  if (isAbsolute(model)) {
    const name = model.split(/[/\\]/).filter(Boolean).at(-1) ?? model;
    return { name, preset: undefined, place: { folder: model, graphs: graphsOf(undefined), source: undefined } };
  }
  const preset = Object.hasOwn(presets, model) ? presets[model] : undefined;
  const repository = preset?.repository ?? model;
  if (!/^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(repository)) {
    throw new MemoryMcpError(
      'invalid_input',
      `${setting} is ${JSON.stringify(model)}, which is neither a model id nor a folder`,
      {
        hint: 'Use "org/name" as on the Hugging Face Hub, the absolute path of a folder, or "none".',
      },
    );
  }
  const source = { repository, revision: preset?.revision };
  return {
    name: model,
    preset,
    place: { folder: resolveFolder(setting, repository, folder), graphs: graphsOf(preset), source },
  };
}

function resolveFolder(setting: string, repository: string, folder: string): string {
  try {
    return resolveInside(folder, repository);
  } catch (error) {
    throw new MemoryMcpError('invalid_input', `${setting} cannot be used as a folder name. ${reasonOf(error)}`, {
      hint: 'Copy the model into a folder of your own and set the absolute path of that folder.',
      cause: error,
    });
  }
}

function listGraphFiles(dtype: string): string[] {
  const suffix = dtypeSuffixes[dtype];
  if (suffix === undefined) {
    throw new MemoryMcpError('invalid_input', `embeddings_dtype is ${JSON.stringify(dtype)}, which is not supported`, {
      hint: `Use one of ${Object.keys(dtypeSuffixes).join(', ')}.`,
    });
  }
  return [`onnx/model${suffix}.onnx`, `model${suffix}.onnx`];
}
