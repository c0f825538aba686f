/**
 * What the name of a model in the configuration means: nothing, a folder, or a repository of the hub with the place
 * of its files on this machine. Touches no disk.
 */
import { isAbsolute } from 'node:path';
import { MemoryMcpError, reasonOf } from '../core/errors.ts';
import { insideFolder } from '../files/inside-folder.ts';
import { type EmbeddingPreset, embeddingPresets, type RerankerPreset, rerankerPresets } from './presets.ts';

export type ModelRole = 'embedder' | 'reranker';

/** Where the files of a model are, or are to be. */
export interface ModelPlace {
  readonly folder: string;
  /** The graphs that would do, the best first, relative to the folder. */
  readonly graphs: readonly string[];
  /** Where they come from; undefined for a folder that is the user's own. */
  readonly source: { readonly repository: string; readonly revision: string | undefined } | undefined;
}

export interface ModelReference<Preset> {
  /** As in the configuration, or the last part of a path. */
  readonly name: string;
  readonly place: ModelPlace;
  readonly preset: Preset | undefined;
}

/** transformers.js's names for graphs of each dtype. */
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

/** `undefined` for "none". Anything that is neither a hub id nor an absolute path is `invalid_input`. */
export function embedderReference(
  model: string,
  dtype: string,
  folder: string,
): ModelReference<EmbeddingPreset> | undefined {
  return reference('embeddings_model', model, folder, embeddingPresets, () => graphFiles(dtype));
}

/** `undefined` for "none". A reranker has no dtype setting: its 8-bit graph is taken, else the plain one. */
export function rerankerReference(
  model: string,
  folder: string,
  architecture: string,
): ModelReference<RerankerPreset> | undefined {
  return reference('reranker_model', model, folder, rerankerPresets, (preset) => {
    if (preset === undefined) return [...graphFiles('q8'), ...graphFiles('fp32')];
    const { files } = preset;
    return [architecture === 'x64' || architecture === 'arm64' ? files[architecture] : files.other];
  });
}

function reference<Preset extends { repository: string; revision?: string }>(
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
        hint: 'Use "org/name" as on the Hugging Face hub, the absolute path of a folder, or "none".',
      },
    );
  }
  const source = { repository, revision: preset?.revision };
  return {
    name: model,
    preset,
    place: { folder: folderOf(setting, repository, folder), graphs: graphsOf(preset), source },
  };
}

function folderOf(setting: string, repository: string, folder: string): string {
  try {
    return insideFolder(folder, repository);
  } catch (error) {
    throw new MemoryMcpError('invalid_input', `${setting} cannot become a folder. ${reasonOf(error)}`, {
      hint: 'Copy the model into a folder of your own, and set its absolute path.',
      cause: error,
    });
  }
}

function graphFiles(dtype: string): string[] {
  const suffix = dtypeSuffixes[dtype];
  if (suffix === undefined) {
    throw new MemoryMcpError('invalid_input', `embeddings_dtype is ${JSON.stringify(dtype)}`, {
      hint: `Use one of ${Object.keys(dtypeSuffixes).join(', ')}.`,
    });
  }
  return [`onnx/model${suffix}.onnx`, `model${suffix}.onnx`];
}
