import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Server as NetServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { httpGet } from '../../../src/model/download/http-get.ts';
import { makeCertificate } from '../../support/certificate.ts';

const direct = { headers: {}, proxy: undefined, noProxy: [] };

describe('a GET', () => {
  const servers: NetServer[] = [];
  const listen = async <S extends NetServer>(server: S): Promise<{ server: S; port: number }> => {
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    // A listening TCP server has an address and a port.
    return { server, port: (server.address() as AddressInfo).port };
  };
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      if ('closeAllConnections' in server) (server as Server).closeAllConnections();
    }
  });

  it('follows redirects, relative ones too, but not for ever', async () => {
    const { port } = await listen(
      createServer(({ url = '' }, response) => {
        if (url === '/end') response.end('arrived');
        else response.writeHead(307, { location: url === '/start' ? 'end' : '/loop' }).end();
      }),
    );
    expect(await text((await httpGet(`http://127.0.0.1:${port}/start`, direct)).response)).toBe('arrived');
    await expect(httpGet(`http://127.0.0.1:${port}/loop`, direct)).rejects.toThrow('more than 5 redirects');
  });

  it('gives up on a server that falls silent', async () => {
    const { port } = await listen(
      createServer(({ url }, response) => {
        if (url === '/half') response.writeHead(200, { 'content-length': 10 }).write('half');
      }),
    );
    const impatient = { ...direct, silence: 50 };
    await expect(httpGet(`http://127.0.0.1:${port}/never`, impatient)).rejects.toThrow('no answer');
    await expect(
      httpGet(`http://127.0.0.1:${port}/half`, impatient).then(({ response }) => text(response)),
    ).rejects.toThrow('nothing came');
  });

  it('ends when it is aborted', async () => {
    const { port } = await listen(createServer(() => {}));
    await expect(
      httpGet(`http://127.0.0.1:${port}/`, { ...direct, signal: AbortSignal.timeout(20) }),
    ).rejects.toThrow();
  });

  describe('through a proxy', () => {
    const run = promisify(execFile);
    const certificate = makeCertificate();
    const openAll = async () => {
      const folder = certificate ?? '';
      const asked: string[] = [];
      const secure = await listen(
        createSecureServer(
          { key: readFileSync(join(folder, 'key.pem')), cert: readFileSync(join(folder, 'cert.pem')) },
          ({ headers }, response) => response.end(`${headers['x-asked']} ${headers.authorization}`),
        ),
      );
      const proxy = await listen(createServer());
      proxy.server.on('connect', ({ url = '', headers }, socket) => {
        asked.push(`${url} ${headers['proxy-authorization']}`);
        socket.on('error', () => {});
        if (headers['proxy-authorization'] === undefined) {
          socket.end('HTTP/1.1 407 Login\r\n\r\n');
          return;
        }
        const upstream = connect(secure.port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
        upstream
          .on('error', () => {})
          .pipe(socket)
          .pipe(upstream);
      });
      const get = async (...proxies: string[]) => {
        const script = join(import.meta.dirname, '../../support/http-get-once.ts');
        const { stdout } = await run(
          process.execPath,
          ['--import', 'tsx', script, `https://localhost:${secure.port}/`, ...proxies],
          {
            env: { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem') },
          },
        );
        return stdout;
      };
      return { asked, get, proxy, secure };
    };

    it.skipIf(certificate === undefined)(
      'reaches an https address by a tunnel, with the login of the proxy',
      async () => {
        const { asked, get, proxy, secure } = await openAll();
        expect(await get(`http://me:p%40ss@127.0.0.1:${proxy.port}`)).toBe('200 yes Bearer token');
        expect(asked).toEqual([`localhost:${secure.port} Basic ${Buffer.from('me:p@ss').toString('base64')}`]);
        await expect(get(`http://127.0.0.1:${proxy.port}`)).rejects.toThrow(
          `the proxy 127.0.0.1:${proxy.port} refused`,
        );
      },
    );

    it.skipIf(certificate === undefined)('goes straight to hosts that NO_PROXY names', async () => {
      const { asked, get, proxy, secure } = await openAll();
      for (const exempt of ['localhost', '*', '.localhost', `localhost:${secure.port}`]) {
        expect(await get(`http://127.0.0.1:${proxy.port}`, 'elsewhere.example', exempt)).toContain('200');
      }
      expect(asked).toEqual([]);
      await expect(get(`http://127.0.0.1:${proxy.port}`, 'notlocalhost', 'localhost:1')).rejects.toThrow();
      expect(asked).toHaveLength(1);
    });
  });
});
