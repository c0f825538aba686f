import { describe, expect, it } from 'vitest';
import { createHostList } from '../../../../../src/transport/http/access/host-list.ts';

const list = (parts: Partial<Parameters<typeof createHostList>[0]> = {}) =>
  createHostList({ boundHost: '127.0.0.1', allowedHosts: [], allowedOrigins: [], ...parts });

describe('the list of hosts', () => {
  it.each(['localhost', 'LOCALHOST:8000', '127.0.0.1', '127.0.0.1:1', '[::1]', '[::1]:8000'])('knows %s', (host) => {
    expect(list().allows(host)).toBe(true);
  });

  it.each([
    '',
    'evil.example',
    'localhost.evil.example',
    'evil-localhost',
    'localhost.',
    '127.0.0.1@evil.example',
    'evil.example@127.0.0.1',
    '127.0.0.1, evil.example',
    '127.0.0.1#evil.example',
    '127.0.0.1:port',
    '127.0.0.1:80:80',
    '127.0.0.2',
    '127.1',
    '2130706433',
    '[::1',
    '::1',
    'localhost\u3002',
    ' localhost',
  ])('does not know %j', (host) => {
    expect(list().allows(host)).toBe(false);
  });

  it('takes names from the settings on any port, or on the one that is written', () => {
    const own = list({ allowedHosts: ['Memory.example.com', 'other.example.com:8443'] });
    expect(own.allows('memory.example.com')).toBe(true);
    expect(own.allows('memory.example.com:8443')).toBe(true);
    expect(own.allows('other.example.com:8443')).toBe(true);
    expect(own.allows('other.example.com')).toBe(false);
    expect(own.allows('sub.memory.example.com')).toBe(false);
  });

  it('knows the address that it listens on, unless that stands for every address', () => {
    expect(list({ boundHost: '192.0.2.7' }).allows('192.0.2.7:8000')).toBe(true);
    expect(list({ boundHost: '2001:db8::7' }).allows('[2001:db8::7]:8000')).toBe(true);
    expect(list({ boundHost: '0.0.0.0' }).allows('0.0.0.0:8000')).toBe(false);
    expect(list({ boundHost: '::' }).allows('[::]:8000')).toBe(false);
  });
});

describe('the list of origins', () => {
  it('knows the pages of the server itself, also behind a proxy that ends TLS', () => {
    expect(list().allowsOrigin('http://localhost:8000', 'localhost:8000')).toBe(true);
    expect(list().allowsOrigin('https://memory.example.com', 'memory.example.com')).toBe(true);
  });

  it.each([
    ['null', 'localhost:8000'],
    ['http://evil.example', 'localhost:8000'],
    ['http://localhost.evil.example:8000', 'localhost:8000'],
    ['http://localhost:5173', 'localhost:8000'],
    ['http://127.0.0.1:8000', 'localhost:8000'],
    ['http://localhost:8000/', 'localhost:8000'],
    ['file://localhost:8000', 'localhost:8000'],
    ['http://', ''],
  ])('does not take %s on %s', (origin, host) => {
    expect(list().allowsOrigin(origin, host)).toBe(false);
  });

  it('takes exactly the ones in the settings', () => {
    const own = list({ allowedOrigins: ['https://App.example.com', 'http://localhost:5173', 'vscode-webview://abc'] });
    expect(own.allowsOrigin('https://app.example.com', 'localhost:8000')).toBe(true);
    expect(own.allowsOrigin('https://app.example.com:443', 'localhost:8000')).toBe(true);
    expect(own.allowsOrigin('http://localhost:5173', 'localhost:8000')).toBe(true);
    expect(own.allowsOrigin('vscode-webview://abc', 'localhost:8000')).toBe(true);
    expect(own.allowsOrigin('http://app.example.com', 'localhost:8000')).toBe(false);
    expect(own.allowsOrigin('https://app.example.com:8443', 'localhost:8000')).toBe(false);
  });
});
