/**
 * A local HTTP server that plays the Hugging Face hub: the listing of a repository and its files, the large ones by a
 * redirect to a second server, as the hub does. Tests make it slow, forgetful, strict or wrong.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestModel, testModelFiles } from '../../scripts/test-model/test-models.ts';

export interface HubRequest {
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
  readonly server: 'hub' | 'storage';
}

export interface HubServer {
  readonly endpoint: string;
  readonly requests: HubRequest[];
  /** What is wrong from now on; an empty object heals everything. */
  misbehave(faults: HubFaults): void;
  /** Publishes a new commit of a repository. */
  publish(repository: string, files: Readonly<Record<string, Uint8Array>>): string;
  close(): Promise<void>;
}

export interface HubFaults {
  /** Breaks each transfer of a large file off after so many bytes. */
  readonly cutAfter?: number;
  /** Sends large files from the beginning whatever range is asked for. */
  readonly ignoreRanges?: boolean;
  /** Announces another hash for the file than it has. */
  readonly wrongHash?: string;
  /** Answers without this token with 401. */
  readonly token?: string;
  /** Answers every request for this file with this status. */
  readonly status?: { readonly file: string; readonly code: number };
  /** Milliseconds between the pieces of a large file. */
  readonly slow?: number;
}

/** Files from this size on are "large": kept in the storage, known by their sha256. */
const largeFrom = 100_000;

export async function openHubServer(models: Readonly<Record<string, TestModel>> = {}): Promise<HubServer> {
  const repositories = new Map<string, { revision: string; files: Readonly<Record<string, Uint8Array>> }>();
  const requests: HubRequest[] = [];
  let faults: HubFaults = {};

  const storage = createServer((request, response) => {
    note(request, 'storage');
    const [, repository = '', path = ''] = /^\/([^/]+\/[^/]+)\/(.+)$/.exec(decodeURIComponent(request.url ?? '')) ?? [];
    const content = repositories.get(repository)?.files[path];
    if (content === undefined) return end(response, 404);
    void sendLarge(request, response, content);
  });
  const hub = createServer((request, response) => {
    note(request, 'hub');
    const url = new URL(request.url ?? '', 'http://hub');
    if (faults.token !== undefined && request.headers.authorization !== `Bearer ${faults.token}`) {
      return end(response, 401, { 'x-error-code': 'GatedRepo' });
    }
    const [, listed, revision] = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/([^/]+)$/.exec(url.pathname) ?? [];
    if (listed !== undefined) return sendListing(response, listed, revision ?? '');
    const [, repository = '', commit, path = ''] =
      /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(decodeURIComponent(url.pathname)) ?? [];
    const found = repositories.get(repository);
    const content = found?.files[path];
    if (faults.status?.file === path) return end(response, faults.status.code);
    if (content === undefined || commit !== found?.revision)
      return end(response, 404, { 'x-error-code': 'EntryNotFound' });
    if (content.length < largeFrom) return end(response, 200, {}, content);
    end(response, 302, { location: `${addressOf(storage)}/${repository}/${path}` });
  });

  const note = ({ url = '', headers }: IncomingMessage, server: HubRequest['server']) => {
    requests.push({ path: url, range: headers.range, authorization: headers.authorization, server });
  };
  const sendListing = (response: ServerResponse, repository: string, revision: string) => {
    const found = repositories.get(repository);
    if (found === undefined) return end(response, 404, { 'x-error-code': 'RepoNotFound' });
    if (revision !== 'main' && revision !== found.revision)
      return end(response, 404, { 'x-error-code': 'RevisionNotFound' });
    const siblings = Object.entries(found.files).map(([path, content]) => {
      const spoilt = faults.wrongHash === path ? Buffer.from('another content') : content;
      const large =
        content.length >= largeFrom ? { lfs: { sha256: sha256(spoilt), size: content.length, pointerSize: 134 } } : {};
      return { rfilename: path, size: content.length, blobId: gitBlobId(spoilt), ...large };
    });
    end(
      response,
      200,
      { 'content-type': 'application/json' },
      Buffer.from(JSON.stringify({ id: repository, sha: found.revision, siblings })),
    );
  };
  const sendLarge = async (request: IncomingMessage, response: ServerResponse, content: Uint8Array) => {
    const start =
      faults.ignoreRanges === true ? 0 : Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const rest = content.subarray(start);
    response.writeHead(start === 0 ? 200 : 206, {
      'content-length': rest.length,
      ...(start === 0 ? {} : { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` }),
    });
    const { cutAfter = rest.length, slow = 0 } = faults;
    const piece = 16_384;
    for (let sent = 0; sent < Math.min(cutAfter, rest.length); sent += piece) {
      response.write(rest.subarray(sent, Math.min(sent + piece, cutAfter)));
      if (slow > 0) await new Promise((resolve) => setTimeout(resolve, slow));
    }
    if (cutAfter < rest.length) response.socket?.end();
    else response.end();
  };

  const publish: HubServer['publish'] = (repository, files) => {
    const revision = createHash('sha1')
      .update(`${repository} ${requests.length} ${repositories.get(repository)?.revision}`)
      .digest('hex');
    repositories.set(repository, { revision, files });
    return revision;
  };
  for (const [repository, model] of Object.entries(models)) publish(repository, testModelFiles(model));
  for (const server of [hub, storage]) await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    endpoint: addressOf(hub),
    requests,
    publish,
    misbehave: (now) => {
      faults = now;
    },
    close: async () => {
      for (const server of [hub, storage]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

function gitBlobId(content: Uint8Array): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function end(
  response: ServerResponse,
  status: number,
  headers: Record<string, string> = {},
  content?: Uint8Array,
): void {
  response.writeHead(status, headers);
  response.end(content);
}

function addressOf(server: Server): string {
  // A listening TCP server has an address and a port.
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}
