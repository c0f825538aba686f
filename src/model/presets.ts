/**
 * Models that need no setting except their name: where their ONNX files are and how to use them. The values come from
 * the model's authors or from tests with the model. Other models work too if their own files contain this information.
 */
import type { Language } from '../core/text/language.ts';
import type { Pooling } from './inference/inference-protocol.ts';

interface Preset {
  /** The repository with the ONNX files and the tokenizer, which is not always the original one. */
  readonly repository: string;
  /** A commit that is known to work. Without it, the newest commit is used. */
  readonly revision?: string;
  readonly maxTokens: number;
  readonly licence: string;
  /** The day on which the model itself was run and found to work. Absent for the others. */
  readonly verified?: string;
}

export interface EmbeddingPreset extends Preset {
  readonly dimensions: number;
  readonly pooling: Pooling;
  readonly queryPrefix: string;
  readonly documentPrefix: string;
}

export interface RerankerPreset extends Preset {
  /** The languages it was trained on. It is not asked about others. */
  readonly languages: readonly Language[];
  /** The graph for each processor architecture (`process.arch`). `other` is not quantised and runs everywhere. */
  readonly files: Readonly<Record<'x64' | 'arm64' | 'other', string>>;
}

export const embeddingPresets: Readonly<Record<string, EmbeddingPreset>> = {
  'cl-nagoya/ruri-v3-30m': {
    repository: 'sirasagi62/ruri-v3-30m-ONNX',
    revision: 'cdf9391f1ff2198daa8f63f7ccf97d7b3e7415a0',
    dimensions: 256,
    pooling: 'mean',
    queryPrefix: '検索クエリ: ',
    documentPrefix: '検索文書: ',
    maxTokens: 8192,
    licence: 'Apache-2.0',
  },
  'intfloat/multilingual-e5-small': {
    repository: 'Xenova/multilingual-e5-small',
    dimensions: 384,
    // The authors recommend mean, but recall was better without the prompt's tokens.
    pooling: 'content_mean',
    queryPrefix: 'query: ',
    documentPrefix: 'passage: ',
    maxTokens: 512,
    licence: 'MIT',
  },
  'BAAI/bge-m3': {
    repository: 'Xenova/bge-m3',
    dimensions: 1024,
    pooling: 'cls',
    queryPrefix: '',
    documentPrefix: '',
    maxTokens: 8192,
    licence: 'MIT',
  },
  'sentence-transformers/all-MiniLM-L6-v2': {
    repository: 'Xenova/all-MiniLM-L6-v2',
    dimensions: 384,
    pooling: 'mean',
    queryPrefix: '',
    documentPrefix: '',
    maxTokens: 256,
    licence: 'Apache-2.0',
  },
};

export const rerankerPresets: Readonly<Record<string, RerankerPreset>> = {
  'hotchpotch/japanese-reranker-xsmall-v2': {
    repository: 'hotchpotch/japanese-reranker-xsmall-v2',
    languages: ['ja'],
    files: {
      x64: 'onnx/model_qint8_avx2.onnx',
      arm64: 'onnx/model_qint8_arm64.onnx',
      other: 'onnx/model.onnx',
    },
    // The tokenizer allows more, but the model was not trained on more.
    maxTokens: 512,
    licence: 'MIT',
  },
};
