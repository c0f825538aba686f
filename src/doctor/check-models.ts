/** The models that the settings name: whether their files are here, and whether they can be fetched. Loads none. */
import { reasonOf } from '../core/errors.ts';
import { readEmbeddingConfig } from '../model/embedding-config.ts';
import { findModelFiles } from '../model/model-files.ts';
import { type ModelPlace, resolveEmbedder, resolveReranker } from '../model/model-reference.ts';
import type { ModelSettings } from '../model/model-settings.ts';
import type { Finding } from './finding.ts';

export function checkModels(settings: ModelSettings): Finding[] {
  return [...checkEmbedder(settings), ...checkReranker(settings)];
}

function checkEmbedder(settings: ModelSettings): Finding[] {
  const subject = 'embedding model';
  const { embeddings, folder } = settings;
  try {
    const reference = resolveEmbedder(embeddings.model, embeddings.dtype, folder);
    if (reference === undefined) {
      return [
        { subject, severity: 'note', found: 'none is configured', meaning: 'Memories are found by their words.' },
      ];
    }
    const { name, place, preset } = reference;
    const missing = findMissing(subject, name, place, settings);
    if (missing !== undefined) return [missing];
    const { withoutPrefixes, pooling } = readEmbeddingConfig(place.folder, embeddings, preset);
    return [
      { subject, severity: 'ok', found: `${name}, ${embeddings.dtype} on ${embeddings.device}, pooling ${pooling}` },
      ...(withoutPrefixes
        ? [
            {
              subject,
              severity: 'note' as const,
              found: `${name} names no prefixes for questions and memories`,
              meaning: 'Some models find much less without theirs.',
              fix: 'If its documentation names prefixes, set embeddings_query_prefix and embeddings_document_prefix.',
            },
          ]
        : []),
    ];
  } catch (error) {
    return [unusable(subject, error)];
  }
}

function checkReranker(settings: ModelSettings): Finding[] {
  const subject = 'reranker';
  try {
    const reference = resolveReranker(settings.reranker, settings.folder, process.arch);
    if (reference === undefined) return [{ subject, severity: 'ok', found: 'none is configured' }];
    const missing = findMissing(subject, reference.name, reference.place, settings);
    return [missing ?? { subject, severity: 'ok', found: reference.name }];
  } catch (error) {
    return [unusable(subject, error)];
  }
}

function findMissing(
  subject: string,
  name: string,
  place: ModelPlace,
  { downloadMissing, hub }: ModelSettings,
): Finding | undefined {
  if (findModelFiles(place) !== undefined) return undefined;
  const found = `${name} is not in ${place.folder}`;
  if (place.source !== undefined && downloadMissing && !hub.offline) {
    return {
      subject,
      severity: 'note',
      found,
      meaning: 'A server fetches it in the background when it is first needed.',
      fix: 'To fetch it now, run memory-mcp download-models.',
    };
  }
  return {
    subject,
    severity: 'warning',
    found: `${found}, and nothing may be downloaded`,
    meaning: subject === 'reranker' ? 'Results are not reranked.' : 'Memories are found by their words alone.',
    fix:
      place.source === undefined
        ? 'Put config.json, tokenizer.json and the ONNX graph there, or correct the setting.'
        : `On a machine with a network run memory-mcp download-models --to <folder>, and copy it to ${place.folder}.`,
  };
}

function unusable(subject: string, error: unknown): Finding {
  return {
    subject,
    severity: 'warning',
    found: reasonOf(error),
    meaning: 'The model cannot be used. Memories are found by their words.',
    fix: 'Correct the setting, or run memory-mcp download-models --force.',
  };
}
