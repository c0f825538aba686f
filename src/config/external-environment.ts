/**
 * What variables of other programs say about this machine: where model files are kept, which mirror of the hub to ask,
 * whether to ask at all, and through which proxy. They are not settings: no file and no flag holds them.
 */
import { MemoryMcpError } from '../core/errors.ts';
import { hideCredentials } from './config-errors.ts';
import { resolvePath } from './paths.ts';
import { type Environment, variableOf } from './variables.ts';

export interface ExternalEnvironment {
  readonly huggingFace: {
    /** HF_HOME, else TRANSFORMERS_CACHE. */
    readonly folder: string | undefined;
    /** HF_ENDPOINT or the hub itself; no slash at the end. */
    readonly endpoint: string;
    /** HF_TOKEN: secret. */
    readonly token: string | undefined;
    /** HF_HUB_OFFLINE: nothing is fetched. */
    readonly offline: boolean;
  };
  readonly proxy: {
    /** HTTPS_PROXY with its scheme; may hold a password. */
    readonly https: string | undefined;
    /** NO_PROXY: host names, a leading dot or `*` as people write them. */
    readonly noProxy: readonly string[];
  };
}

/** The variables that are honoured, for people. */
export const machineVariables = [
  {
    name: 'HF_HOME',
    help: 'Where model files are kept, as `<org>/<model>/`. Unset: `cache/huggingface` in the data folder.',
  },
  { name: 'TRANSFORMERS_CACHE', help: 'The same, where `HF_HOME` is unset.' },
  { name: 'HF_ENDPOINT', help: 'A mirror of the Hugging Face hub.' },
  { name: 'HF_TOKEN', help: 'A token for models that need one.' },
  { name: 'HF_HUB_OFFLINE', help: '1 = nothing is downloaded.' },
  { name: 'HTTPS_PROXY', help: 'The proxy for downloads; lower case works too.' },
  { name: 'NO_PROXY', help: 'Hosts that are reached without it; lower case works too.' },
];

/** Reads them. A relative folder is meant from `directory`. An HF_ENDPOINT that is no address is `invalid_input`. */
export function readSurroundings(environment: Environment, directory: string): ExternalEnvironment {
  const folder = variableOf(environment, 'HF_HOME') ?? variableOf(environment, 'TRANSFORMERS_CACHE');
  const offline = variableOf(environment, 'HF_HUB_OFFLINE')?.trim().toLowerCase() ?? '';
  const https = eitherCase(environment, 'HTTPS_PROXY')?.trim();
  return {
    huggingFace: {
      folder: folder === undefined ? undefined : resolvePath(folder, directory),
      endpoint: endpointOf(variableOf(environment, 'HF_ENDPOINT')?.trim()),
      token: variableOf(environment, 'HF_TOKEN')?.trim(),
      offline: ['1', 'true', 'yes', 'on'].includes(offline),
    },
    proxy: {
      // A proxy without a scheme is spoken to in plain HTTP, as curl does.
      https: https === undefined || https.includes('://') ? https : `http://${https}`,
      noProxy: (eitherCase(environment, 'NO_PROXY') ?? '').split(/[\s,]+/).filter((host) => host !== ''),
    },
  };
}

function eitherCase(environment: Environment, name: string): string | undefined {
  return variableOf(environment, name.toLowerCase()) ?? variableOf(environment, name);
}

function endpointOf(given: string | undefined): string {
  if (given === undefined) return 'https://huggingface.co';
  // Going to the hub itself instead would tell it what a mirror was meant to keep inside.
  if (!/^https?:\/\//.test(given) || !URL.canParse(given)) {
    throw new MemoryMcpError('invalid_input', `HF_ENDPOINT is ${JSON.stringify(hideCredentials(given))}`, {
      hint: 'It has to be an http or https address such as https://hf-mirror.example.com, or unset.',
    });
  }
  return given.replace(/\/+$/, '');
}
