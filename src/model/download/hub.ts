/**
 * The Hugging Face hub, or a mirror that speaks like it: what a repository holds at a commit, and the bytes of one
 * file from any place on. Every failure is one sentence that says what to do.
 *
 * API: https://huggingface.co/docs/hub/api and the `resolve` addresses that every client uses.
 */

import { text as readText } from 'node:stream/consumers';
import { hideCredentials } from '../../config/config-errors.ts';
import { codeOf, MemoryMcpError, reasonOf } from '../../core/errors.ts';
import { quoteForMessage } from '../../core/text/visible-text.ts';
import { isCommit, isFileSize, isHubHash, type ManifestFile } from '../model-files.ts';
import type { HubSettings } from '../model-settings.ts';
import { type GetResult, httpGet } from './http-get.ts';

export interface RepositoryListing {
  /** The commit that the revision asked for means today. */
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
  /** For messages. */
  const place = hideCredentials(endpoint);
  const authorization = token === undefined || token === '' ? undefined : `Bearer ${token}`;

  const get = async (address: string, repository: string, headers: Record<string, string>, signal?: AbortSignal) => {
    if (offline) {
      throw new MemoryMcpError(
        'model_unavailable',
        `${repository} is not here, and HF_HUB_OFFLINE forbids fetching it`,
        {
          hint: 'Unset HF_HUB_OFFLINE, or copy the folder of the model from a machine that has it.',
        },
      );
    }
    try {
      // A compressed answer would have another size than the listing says.
      const always = { 'user-agent': 'memory-mcp', 'accept-encoding': 'identity' };
      return await httpGet(address, { headers: { ...always, ...headers }, authorization, proxy, noProxy, signal });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw unreachable(place, error);
    }
  };
  const refuse = (result: GetResult, repository: string, what: string): MemoryMcpError => {
    result.response.resume();
    return refusal(result, { repository, what, endpoint: place, hasToken: authorization !== undefined });
  };

  return {
    /** `not_found` where there is no such repository or revision, else `model_unavailable`. */
    list: async (repository: string, revision: string, signal?: AbortSignal): Promise<RepositoryListing> => {
      const address = `${endpoint}/api/models/${repository}/revision/${encodeURIComponent(revision)}?blobs=true`;
      const result = await get(address, repository, { accept: 'application/json' }, signal);
      const { response } = result;
      if (response.statusCode !== 200) throw refuse(result, repository, `revision ${revision}`);
      return listingOf(await readText(response).catch((error) => Promise.reject(unreachable(place, error))), place);
    },
    /** The file from byte `start` on; `resumed` is false where the server sends it from the beginning all the same. */
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
      if (response.statusCode !== 200 && response.statusCode !== 206) throw refuse(result, repository, path);
      return { body: response, resumed: response.statusCode === 206 };
    },
  };
}

export type Hub = ReturnType<typeof createHub>;

function listingOf(json: string, endpoint: string): RepositoryListing {
  try {
    // Checked field by field below.
    const { sha, siblings } = JSON.parse(json) as { sha?: unknown; siblings?: unknown };
    if (!Array.isArray(siblings)) throw new Error('no list of files in it');
    if (!isCommit(sha)) throw new Error('no commit in it');
    return { revision: sha, files: siblings.map(fileOf) };
  } catch (error) {
    throw new MemoryMcpError('model_unavailable', `${endpoint} does not answer like the hub: ${reasonOf(error)}`, {
      hint: 'Check HF_ENDPOINT.',
    });
  }
}

/**
 * Large files have the sha256 of their content, the others the id of their git blob. Names are checked where files are
 * chosen: one that is never fetched does no harm.
 */
function fileOf(sibling: {
  rfilename?: unknown;
  size?: unknown;
  blobId?: unknown;
  lfs?: { sha256?: unknown };
}): ManifestFile {
  const { rfilename, size, blobId, lfs } = sibling;
  const hash = typeof lfs?.sha256 === 'string' ? `sha256:${lfs.sha256}` : `blob:${blobId}`;
  if (typeof rfilename !== 'string' || !isFileSize(size)) throw new Error('a file without name or size');
  if (!isHubHash(hash)) throw new Error(`no hash that could be one for ${quoteForMessage(rfilename)}`);
  return { path: rfilename, bytes: size, hash };
}

function unreachable(endpoint: string, error: unknown): MemoryMcpError {
  return new MemoryMcpError('model_unavailable', `${endpoint} cannot be reached: ${codeOf(error) ?? reasonOf(error)}`, {
    hint: 'Check the network, HTTPS_PROXY and HF_ENDPOINT, then run memory-mcp download-models. Until then recall works by words.',
    cause: error,
  });
}

function refusal(
  { response: { statusCode = 0, headers }, authorized }: GetResult,
  { repository, what, endpoint, hasToken }: { repository: string; what: string; endpoint: string; hasToken: boolean },
): MemoryMcpError {
  const reason = String(headers['x-error-code'] ?? '');
  // Without a token the hub answers 401 for what does not exist, too.
  if (statusCode === 404 || reason === 'RepoNotFound') {
    const part = reason === 'RepoNotFound' ? '' : ` with ${what}`;
    return new MemoryMcpError('not_found', `${endpoint} has no model "${repository}"${part}`, {
      hint: 'Check the spelling of embeddings_model or reranker_model; a private model needs HF_TOKEN.',
    });
  }
  if ((statusCode === 401 || statusCode === 403) && hasToken && !authorized) {
    const why = 'it redirects to another origin, which is not shown HF_TOKEN';
    return new MemoryMcpError('model_unavailable', `${endpoint} refuses "${repository}": ${why} (${statusCode})`, {
      hint: 'Set HF_ENDPOINT to the address that it redirects to, if you trust it with the token.',
    });
  }
  if (statusCode === 401 || statusCode === 403) {
    const why = hasToken ? 'HF_TOKEN does not open it' : 'it wants a token';
    return new MemoryMcpError('model_unavailable', `${endpoint} refuses "${repository}": ${why} (${statusCode})`, {
      hint: hasToken
        ? `Accept the terms of the model at ${endpoint}/${repository}, or use a token that may read it.`
        : 'Set HF_TOKEN to a token that may read it.',
    });
  }
  return new MemoryMcpError('model_unavailable', `${endpoint} answered ${statusCode} for ${what} of "${repository}"`, {
    hint: 'Try again later: memory-mcp download-models',
  });
}
