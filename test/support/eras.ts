/**
 * The same behaviour for clients of both protocol eras: each body runs once with the classic and once with the modern
 * client.
 */
import { describe } from 'vitest';
import { type Era, eras } from './clients.ts';
import { type ServerOptions, spawnServer, type TestServer } from './server.ts';

export type Spawn = (options?: ServerOptions) => Promise<TestServer>;

export function describeEachEra(name: string, body: (spawn: Spawn, era: Era) => void): void {
  describe.each(eras)(`${name}, with a %s client`, (era) => {
    body((options = {}) => spawnServer({ ...options, era }), era);
  });
}
