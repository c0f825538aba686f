/** The process that runs models: whether servers share it, which it is, who uses it and what it weighs. Starts none. */
import { type HostView, lookAtHost } from '../model/inference/shared/look-at-host.ts';
import type { ModelSettings } from '../model/model-settings.ts';
import type { Finding } from './finding.ts';

export async function checkInference(settings: ModelSettings): Promise<Finding> {
  return { subject: 'inference process', ...describe(await lookAtHost(settings)) };
}

function describe(view: HostView): Omit<Finding, 'subject'> {
  switch (view.found) {
    case 'own':
      return { severity: 'ok', found: 'each server has its own, as the setting "inference" says' };
    case 'none':
      return { severity: 'ok', found: `none runs at the moment; servers share one through ${view.folder}` };
    case 'host': {
      const { pid, memory, servers } = view.state;
      const which = pid === undefined ? 'no model is loaded' : `process ${pid}, ${megabytes(memory)}`;
      return { severity: 'ok', found: `shared: ${which}, used by ${nameServers(servers)}` };
    }
    case 'problem':
      return {
        severity: 'warning',
        found: `cannot be shared: ${view.reason}`,
        meaning: 'Each server loads the models for itself, which costs memory and time.',
        fix: view.hint ?? 'Set "inference" to "own" if that is meant.',
      };
  }
}

function nameServers(servers: readonly number[]): string {
  if (servers.length === 0) return 'no server';
  return `${servers.length === 1 ? 'server' : 'servers'} ${servers.join(', ')}`;
}

const megabytes = (bytes: number | undefined): string =>
  bytes === undefined ? 'of unknown size' : `${Math.round(bytes / 2 ** 20)} MB`;
