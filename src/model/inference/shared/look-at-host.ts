/** Whether servers share a process at the moment, and why not if they cannot. Starts nothing and creates nothing. */
import { existsSync } from 'node:fs';
import { MemoryMcpError, reasonOf } from '../../../core/errors.ts';
import type { ModelSettings } from '../../model-settings.ts';
import { findBundled } from '../inference-process.ts';
import { type HostAddress, hostAddress, problemOfAddress } from './host-address.ts';
import { connectToHost, NoHost } from './host-connection.ts';
import type { HostState } from './host-protocol.ts';
import { assertPrivate, openPrivateFolder } from './private-folder.ts';

export type HostView =
  | { readonly found: 'own' }
  | { readonly found: 'none'; readonly folder: string }
  /** The servers are those besides this process. */
  | { readonly found: 'host'; readonly state: HostState }
  | { readonly found: 'problem'; readonly reason: string; readonly hint?: string | undefined };

export async function lookAtHost({
  sharing,
  embeddings,
}: Pick<ModelSettings, 'sharing' | 'embeddings'>): Promise<HostView> {
  if (sharing === undefined) return { found: 'own' };
  const { folder, environment } = sharing;
  if (folder === undefined) return { found: 'problem', reason: 'this user has no home folder' };
  try {
    const { device, threads } = embeddings;
    const [entry = ''] = findBundled('inference-host.cjs').args;
    const address = hostAddress(folder, { entry, device, threads, environment: environment.decisive });
    const reason = problemOfAddress(address);
    return reason === undefined ? await lookAt(address) : { found: 'problem', reason };
  } catch (error) {
    const hint = error instanceof MemoryMcpError ? error.hint : undefined;
    return { found: 'problem', reason: reasonOf(error), hint };
  }
}

async function lookAt(address: HostAddress): Promise<HostView> {
  const { folder } = address;
  if (!existsSync(folder)) return { found: 'none', folder };
  assertPrivate(folder, 'folder');
  if (!existsSync(address.secret)) return { found: 'none', folder };
  const secret = openPrivateFolder(address);
  try {
    // It is asked nothing, so it need not stay for this process.
    const quiet = { onMessage: () => {}, onEnd: () => {}, idleMinutes: 0 };
    const { state, close } = await connectToHost({ address, secret, ...quiet });
    await close();
    return { found: 'host', state: { ...state, servers: state.servers.filter((pid) => pid !== process.pid) } };
  } catch (error) {
    if (!(error instanceof NoHost)) throw error;
    return error.reason === 'absent' ? { found: 'none', folder } : { found: 'problem', reason: error.message };
  }
}
