/** The Qdrant server as a whole: whether it can be used, told before any collection is touched. */
import * as z from 'zod';
import type { IndexServer } from '../vector-index.ts';
import type { QdrantClient } from './qdrant-client.ts';
import { QdrantError } from './qdrant-error.ts';

/** The first version that can be asked for the nearest points at /points/query. */
const oldest = [1, 10] as const;

const banner = z.object({ version: z.string() });
const collections = z.object({ collections: z.array(z.object({ name: z.string() })) });

export function createQdrantServer(client: QdrantClient): IndexServer {
  let versionIsKnown = false;

  async function requireVersion(): Promise<void> {
    if (versionIsKnown) return;
    const { version } = banner.safeParse(await client.banner()).data ?? {};
    const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
    if (version !== undefined && (major < oldest[0] || (major === oldest[0] && minor < oldest[1]))) {
      throw new QdrantError('address', `${client.name} is version ${version}`, {
        hint: `memory-mcp needs ${oldest.join('.')} or newer.`,
      });
    }
    versionIsKnown = true;
  }

  return {
    name: client.name,
    async check() {
      await client.send({ method: 'GET', path: '/collections', attempts: 1 }, collections);
      await requireVersion();
    },
    close: () => client.close(),
  };
}
