/**
 * Reads environment variables of other programs: the Hugging Face cache, mirror, token and offline mode, and the proxy.
 * They are not settings: neither the configuration file nor a flag can set them.
 */
import { MemoryMcpError } from '../core/errors.ts';
import { hideCredentials } from './config-errors.ts';
import { type Container, findContainer } from './container.ts';
import { checkPathText } from './path-text.ts';
import { resolvePath } from './paths.ts';
import { type Environment, readVariable } from './variables.ts';

export interface ExternalEnvironment {
  readonly huggingFace: {
    /** HF_HOME or TRANSFORMERS_CACHE. */
    readonly folder: string | undefined;
    /** HF_ENDPOINT or the hub itself, without a trailing slash. */
    readonly endpoint: string;
    /** HF_TOKEN. Secret. */
    readonly token: string | undefined;
    /** HF_HUB_OFFLINE. Disables all downloads. */
    readonly offline: boolean;
  };
  readonly proxy: {
    /** HTTPS_PROXY with its scheme. May contain a password. */
    readonly https: string | undefined;
    /** NO_PROXY: host names, possibly with a leading dot or `*`. */
    readonly noProxy: readonly string[];
  };
  /** TZ. Node itself follows it. */
  readonly timeZone: string | undefined;
  readonly sharedProcess: SharedProcessEnvironment;
  /** The container that this program runs in, by HOSTNAME. */
  readonly container: Container | undefined;
}

/**
 * The variables of a process that several servers share. It outlives the server that started it, so it gets no others:
 * tokens of one client are no business of the next.
 */
export interface SharedProcessEnvironment {
  /** What decides how models compute: Node, the loader of libraries, ONNX Runtime and its devices go by it. */
  readonly decisive: Readonly<Record<string, string>>;
  /** What any program needs. */
  readonly plain: Readonly<Record<string, string>>;
}

const decisiveVariables =
  /^(?:NODE_OPTIONS|ELECTRON_RUN_AS_NODE|(?:LD|DYLD|CUDA|CUDNN|CUBLAS|NVIDIA|ORT|ONNXRUNTIME|OMP|GOMP|KMP|MKL|OPENBLAS|HIP|ROCR)_\w+)$/;
const plainVariables =
  /^(?:PATH|HOME|USERPROFILE|SYSTEMROOT|WINDIR|TEMP|TMP|TMPDIR|APPDATA|LOCALAPPDATA|LANG|LC_ALL)$/i;

function sharedProcessEnvironment(environment: Environment): SharedProcessEnvironment {
  const select = (names: RegExp): Record<string, string> => {
    const found = Object.entries(environment).flatMap(([name, value]) =>
      value !== undefined && names.test(name) ? [[name, value] as const] : [],
    );
    return Object.fromEntries(found);
  };
  return { decisive: select(decisiveVariables), plain: select(plainVariables) };
}

/** The supported variables, for docs/configuration.md. */
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
  { name: 'TZ', help: "The system's time zone, used while `timezone` is unset; a container has none of its own." },
];

/** A relative folder is resolved against `directory`. Throws `invalid_input` if HF_ENDPOINT is not a URL. */
export function readExternalEnvironment(environment: Environment, directory: string): ExternalEnvironment {
  const offline = readVariable(environment, 'HF_HUB_OFFLINE')?.trim().toLowerCase() ?? '';
  const https = readEitherCase(environment, 'HTTPS_PROXY')?.trim();
  return {
    huggingFace: {
      folder: readFolder(environment, 'HF_HOME', directory) ?? readFolder(environment, 'TRANSFORMERS_CACHE', directory),
      endpoint: parseEndpoint(readVariable(environment, 'HF_ENDPOINT')?.trim()),
      token: readVariable(environment, 'HF_TOKEN')?.trim(),
      offline: ['1', 'true', 'yes', 'on'].includes(offline),
    },
    proxy: {
      // As in curl, a proxy without a scheme uses plain HTTP.
      https: https === undefined || https.includes('://') ? https : `http://${https}`,
      noProxy: (readEitherCase(environment, 'NO_PROXY') ?? '').split(/[\s,]+/).filter((host) => host !== ''),
    },
    timeZone: readVariable(environment, 'TZ'),
    sharedProcess: sharedProcessEnvironment(environment),
    container: findContainer(environment),
  };
}

function readFolder(environment: Environment, name: string, directory: string): string | undefined {
  const text = readVariable(environment, name);
  if (text === undefined) return undefined;
  checkPathText(name, text);
  return resolvePath(text, directory);
}

function readEitherCase(environment: Environment, name: string): string | undefined {
  return readVariable(environment, name.toLowerCase()) ?? readVariable(environment, name);
}

function parseEndpoint(value: string | undefined): string {
  if (value === undefined) return 'https://huggingface.co';
  // Do not fall back to the public hub: a mirror may be used to keep requests inside a network.
  if (!/^https?:\/\//.test(value) || !URL.canParse(value)) {
    throw new MemoryMcpError(
      'invalid_input',
      `HF_ENDPOINT is not a valid URL: ${JSON.stringify(hideCredentials(value))}`,
      {
        hint: 'Set it to an http or https URL such as https://hf-mirror.example.com, or unset it.',
      },
    );
  }
  return value.replace(/\/+$/, '');
}
