/**
 * Who is shown HF_TOKEN during a download: the origin of HF_ENDPOINT, that is scheme, host and port together, and
 * nobody it redirects to.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, createServer as createNetServer, type Server as NetServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeCertificate } from '../support/certificate.ts';
import { openHubServer } from '../support/hub-server.ts';
import { runCommand } from '../support/run-command.ts';

const model = 'someone/tiny-embed';
const token = 'Bearer hf_secret';

interface Seen {
  readonly scheme: 'http' | 'https';
  readonly authorization: string | undefined;
}

async function listen<Kind extends NetServer | Server>(server: Kind): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  // A listening TCP server has an address and a port.
  return (server.address() as AddressInfo).port;
}

/** The pages of the hub, from a server that plays it. */
async function openPages(): Promise<(path: string, response: ServerResponse) => Promise<void>> {
  const hub = await openHubServer({ [model]: 'tiny-embed' });
  onTestFinished(() => hub.close());
  return async (path, response) => {
    const answer = await fetch(`${hub.endpoint}${path}`);
    response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
  };
}

const certificate = makeCertificate();

/** A server that speaks http and https on one port, and tells how each request came. */
async function openBoth(answer: (seen: Seen, request: IncomingMessage, response: ServerResponse) => void) {
  const seen: Seen[] = [];
  const listener =
    (scheme: Seen['scheme']): RequestListener =>
    (request, response) => {
      const now = { scheme, authorization: request.headers.authorization };
      seen.push(now);
      answer(now, request, response);
    };
  const folder = certificate ?? '';
  const files = { key: readFileSync(join(folder, 'key.pem')), cert: readFileSync(join(folder, 'cert.pem')) };
  const secure = createSecureServer(files, listener('https'));
  const plain = createServer(listener('http'));
  const firstByteOfTls = 0x16;
  const either = createNetServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (first) => {
      socket.pause();
      socket.unshift(first);
      (first[0] === firstByteOfTls ? secure : plain).emit('connection', socket);
      process.nextTick(() => socket.resume());
    });
  });
  return { port: await listen(either), seen };
}

function download(endpoint: string, env: Record<string, string> = {}) {
  return runCommand(['download-models'], {
    env: {
      HF_ENDPOINT: endpoint,
      HF_TOKEN: 'hf_secret',
      MEMORY_MCP_EMBEDDINGS_MODEL: model,
      NODE_EXTRA_CA_CERTS: join(certificate ?? '', 'cert.pem'),
      ...env,
    },
  });
}

const shownTo = (seen: readonly Seen[], scheme: Seen['scheme']) => [
  ...new Set(seen.filter((one) => one.scheme === scheme).map(({ authorization }) => authorization)),
];

describe.skipIf(certificate === undefined)('HF_TOKEN', () => {
  /** Over https the hub sends on to `to`; over http it answers. */
  async function openDowngrading(to: (port: number) => string) {
    const pages = await openPages();
    const both = await openBoth(({ scheme }, { url = '' }, response) => {
      if (scheme === 'https') response.writeHead(307, { location: `${to(both.port)}${url}` }).end();
      else void pages(url, response);
    });
    return both;
  }

  it('does not go out in clear where https redirects to http on the same host and port', async () => {
    const { port, seen } = await openDowngrading((port) => `http://localhost:${port}`);
    const { code, err } = await download(`https://localhost:${port}`);
    expect(code, err).toBe(0);
    expect(shownTo(seen, 'https')).toEqual([token]);
    expect(shownTo(seen, 'http')).toEqual([undefined]);
  });

  it('does not do so through a proxy either', async () => {
    const { port, seen } = await openDowngrading((port) => `http://localhost:${port}`);
    const proxy = createServer();
    let tunnels = 0;
    proxy.on('connect', (_, socket) => {
      tunnels += 1;
      const upstream = connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      socket.on('error', () => {});
      upstream
        .on('error', () => {})
        .pipe(socket)
        .pipe(upstream);
    });
    const { code, err } = await download(`https://localhost:${port}`, {
      HTTPS_PROXY: `http://127.0.0.1:${await listen(proxy)}`,
    });
    expect(code, err).toBe(0);
    expect(tunnels).toBeGreaterThan(0);
    expect(shownTo(seen, 'https')).toEqual([token]);
    expect(shownTo(seen, 'http')).toEqual([undefined]);
  });

  it('is shown again after a redirect within the origin', async () => {
    const pages = await openPages();
    const { port, seen } = await openBoth((_, { url = '' }, response) => {
      if (url.startsWith('/moved')) void pages(url.slice('/moved'.length), response);
      else response.writeHead(302, { location: `/moved${url}` }).end();
    });
    const { code, err } = await download(`https://localhost:${port}`);
    expect(code, err).toBe(0);
    expect(shownTo(seen, 'https')).toEqual([token]);
  });

  it('is not shown when a stranger sends the download back', async () => {
    const pages = await openPages();
    const back: Seen[] = [];
    const { port, seen } = await openBoth((now, { url = '' }, response) => {
      if (now.scheme === 'http') response.writeHead(302, { location: `https://localhost:${port}/back${url}` }).end();
      else if (url.startsWith('/back')) {
        back.push(now);
        void pages(url.slice('/back'.length), response);
      } else response.writeHead(302, { location: `http://localhost:${port}${url}` }).end();
    });
    const { code, err } = await download(`https://localhost:${port}`);
    expect(code, err).toBe(0);
    expect(shownTo(seen, 'http')).toEqual([undefined]);
    expect(shownTo(back, 'https')).toEqual([undefined]);
  });

  it('is named as the reason where the other origin wants one', async () => {
    const { port } = await openBoth(({ scheme }, { url = '' }, response) => {
      if (scheme === 'https') response.writeHead(302, { location: `http://localhost:${port}${url}` }).end();
      else response.writeHead(401).end();
    });
    const { code, err } = await download(`https://localhost:${port}`);
    expect(code).toBe(1);
    expect(err).toMatch(/redirects to another origin, and HF_TOKEN is not sent there \(401\)/);
  });
});
