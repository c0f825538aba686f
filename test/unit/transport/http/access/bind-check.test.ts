import { expect, it } from 'vitest';
import { silentLogger } from '../../../../../src/core/logger.ts';
import { needsAccessToken } from '../../../../../src/transport/http/access/bind-check.ts';

const listenOn = (...addresses: string[]) =>
  needsAccessToken({
    host: 'memory.example',
    hasTokens: false,
    allowUnauthenticated: false,
    allowedHosts: [],
    logger: silentLogger,
    resolveHost: async () => addresses,
  });

it('a name counts as public as soon as one of its addresses is', async () => {
  await expect(listenOn('127.0.0.1', '::1')).resolves.toBe(false);
  for (const addresses of [
    ['127.0.0.1', '192.0.2.7'],
    ['192.0.2.7', '127.0.0.1'],
  ]) {
    await expect(listenOn(...addresses)).resolves.toBe(true);
  }
});
