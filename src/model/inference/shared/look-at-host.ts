/** Whether servers share a process at the moment, and why not if they cannot. Starts nothing and creates nothing. */
import type { ModelSettings } from '../../model-settings.ts';
import type { HostState } from './host-protocol.ts';
import { type Visit, visitHost } from './visit-host.ts';

export type HostView = Exclude<Visit, { found: 'host' }> | { readonly found: 'host'; readonly state: HostState };

export async function lookAtHost(settings: Pick<ModelSettings, 'sharing' | 'embeddings'>): Promise<HostView> {
  const visit = await visitHost(settings);
  if (visit.found !== 'host') return visit;
  const { guest } = visit;
  await guest.leave();
  return { found: 'host', state: guest.state };
}
