/**
 * Client for the Hugging Face Hub or a compatible mirror: lists the files of a repository at a commit, and downloads a
 * file from a given offset. Every failure has a hint that says what to do.
 *
 * API: https://huggingface.co/docs/hub/api and the `resolve` URLs that every client uses.
 */

import { text as readText } from 'node:stream/consumers';
import { hideCredentials } from '../../config/config-errors.ts';
import { codeOf, MemoryMcpError, reasonOf } from '../../core/errors.ts';
import { quoteForMessage } from '../../core/text/visible-text.ts';
import { isCommit, isFileSize, isHubHash, type ManifestFile } from '../model-files.ts';
import type { HubSettings } from '../model-settings.ts';
import { type GetResult, httpGet } from './http-get.ts';

export interface RepositoryListing {
  /** The commit that the requested revision currently points to. */
  readonly revision: string;
  readonly files: readonly ManifestFile[];
}

export interface RemoteFile {
  readonly repository: string;
  readonly revision: string;
  readonly path: string;
}

export function createHub(settings: HubSettings) {
  const { endpoint, token, offline, proxy, noProxy } = settings;
  const shownEndpoint = hideCredentials(endpoint);
  const authorization = token === undefined || token === '' ? undefined : `Bearer ${token}`;

  const get = async (address: string, repository: string, headers: Record<string, string>, signal?: AbortSignal) => {
    if (offline) {
      throw new MemoryMcpError('model_unavailable', `${repository} is not on this machine, and HF_HUB_OFFLINE is set`, {
        hint: 'Unset HF_HUB_OFFLINE, or copy the folder of the model from a machine that has it.',
      });
    }
    try {
      // A compressed response would not have the size in the listing.
      const always = { 'user-agent': 'memory-mcp', 'accept-encoding': 'identity' };
      return await httpGet(address, { headers: { ...always, ...headers }, authorization, proxy, noProxy, signal });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw unreachable(shownEndpoint, error);
    }
  };
  const toHubError = (result: GetResult, repository: string, what: string): MemoryMcpError => {
    result.response.resume();
    return explainStatus(result, { repository, what, endpoint: shownEndpoint, hasToken: authorization !== undefined });
  };

  return {
    /** Rejects with `not_found` if the repository or revision does not exist, otherwise with `model_unavailable`. */
    list: async (repository: string, revision: string, signal?: AbortSignal): Promise<RepositoryListing> => {
      const address = `${endpoint}/api/models/${repository}/revision/${encodeURIComponent(revision)}?blobs=true`;
      const result = await get(address, repository, { accept: 'application/json' }, signal);
      const { response } = result;
      if (response.statusCode !== 200) throw toHubError(result, repository, `revision ${revision}`);
      return parseListing(
        await readText(response).catch((error) => Promise.reject(unreachable(shownEndpoint, error))),
        shownEndpoint,
      );
    },
    /** Downloads a file from byte `start`. `resumed` is false if the server sends the whole file anyway. */
    open: async (
      { repository, revision, path }: RemoteFile,
      start: number,
      signal?: AbortSignal,
    ): Promise<{ body: GetResult['response']; resumed: boolean }> => {
      const encoded = path.split('/').map(encodeURIComponent).join('/');
      const address = `${endpoint}/${repository}/resolve/${revision}/${encoded}`;
      const range: Record<string, string> = start === 0 ? {} : { range: `bytes=${start}-` };
      const result = await get(address, repository, range, signal);
      const { response } = result;
      if (response.statusCode !== 200 && response.statusCode !== 206) throw toHubError(result, repository, path);
      return { body: response, resumed: response.statusCode === 206 };
    },
  };
}

export type Hub = ReturnType<typeof createHub>;

function parseListing(json: string, endpoint: string): RepositoryListing {
  try {
    // The fields are checked below.
    const { sha, siblings } = JSON.parse(json) as { sha?: unknown; siblings?: unknown };
    if (!Array.isArray(siblings)) throw new Error('the response has no list of files');
    if (!isCommit(sha)) throw new Error('the response has no valid commit');
    return { revision: sha, files: siblings.map(parseFile) };
  } catch (error) {
    throw new MemoryMcpError(
      'model_unavailable',
      `${endpoint} does not respond like the Hugging Face Hub: ${reasonOf(error)}`,
      {
        hint: 'Check HF_ENDPOINT.',
      },
    );
  }
}

/**
 * Large files have the sha256 of their content, other files the id of their git blob. Names are checked only for files
 * that are downloaded.
 */
function parseFile(sibling: {
  rfilename?: unknown;
  size?: unknown;
  blobId?: unknown;
  lfs?: { sha256?: unknown };
}): ManifestFile {
  const { rfilename, size, blobId, lfs } = sibling;
  const hash = typeof lfs?.sha256 === 'string' ? `sha256:${lfs.sha256}` : `blob:${blobId}`;
  if (typeof rfilename !== 'string' || !isFileSize(size)) throw new Error('a file has no name or no valid size');
  if (!isHubHash(hash)) throw new Error(`the file ${quoteForMessage(rfilename)} has no valid hash`);
  return { path: rfilename, bytes: size, hash };
}

function unreachable(endpoint: string, error: unknown): MemoryMcpError {
  return new MemoryMcpError('model_unavailable', `${endpoint} cannot be reached: ${codeOf(error) ?? reasonOf(error)}`, {
    hint: 'Check the network, HTTPS_PROXY and HF_ENDPOINT, then run memory-mcp download-models. Until then, search works by keywords.',
    cause: error,
  });
}

function explainStatus(
  { response: { statusCode = 0, headers }, authorized }: GetResult,
  { repository, what, endpoint, hasToken }: { repository: string; what: string; endpoint: string; hasToken: boolean },
): MemoryMcpError {
  const reason = String(headers['x-error-code'] ?? '');
  // Without a token, the hub also answers 401 for repositories that do not exist.
  if (statusCode === 404 || reason === 'RepoNotFound') {
    const part = reason === 'RepoNotFound' ? '' : ` with ${what}`;
    return new MemoryMcpError('not_found', `${endpoint} has no model "${repository}"${part}`, {
      hint: 'Check the spelling of embeddings_model or reranker_model. A private model needs HF_TOKEN.',
    });
  }
  if ((statusCode === 401 || statusCode === 403) && hasToken && !authorized) {
    const why = 'it redirects to another origin, and HF_TOKEN is not sent there';
    return new MemoryMcpError('model_unavailable', `${endpoint} refuses "${repository}": ${why} (${statusCode})`, {
      hint: 'If you trust the other origin with the token, set HF_ENDPOINT to its URL.',
    });
  }
  if (statusCode === 401 || statusCode === 403) {
    const why = hasToken ? 'HF_TOKEN does not give access' : 'it requires a token';
    return new MemoryMcpError('model_unavailable', `${endpoint} refuses "${repository}": ${why} (${statusCode})`, {
      hint: hasToken
        ? `Accept the terms of the model at ${endpoint}/${repository}, or use a token with read access.`
        : 'Set HF_TOKEN to a token with read access.',
    });
  }
  return new MemoryMcpError('model_unavailable', `${endpoint} answered ${statusCode} for ${what} of "${repository}"`, {
    hint: 'Try again later with memory-mcp download-models.',
  });
}
