/**
 * Where the servers of a user find the process that they share. The address carries a hash of everything that decides
 * how models compute, so servers whose vectors could differ never share one.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { hostname, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { protocolVersion } from '../inference-protocol.ts';

export interface HostAddress {
  readonly id: string;
  readonly folder: string;
  /** The path of a Unix socket, or the name of a pipe on Windows. */
  readonly socket: string;
  /** The host holds this lock for as long as it lives. */
  readonly lock: string;
  /** Names the process that holds the lock. */
  readonly holder: string;
  /** What both sides prove that they can read. */
  readonly secret: string;
}

export interface HostTraits {
  /** The entry of the host. The program that it runs for the models lies beside it. */
  readonly entry: string;
  /** The settings of the servers. */
  readonly device: string;
  readonly threads: number;
  /** Variables that ONNX Runtime, its devices, the loader of libraries and Node go by. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Longer paths are cut off by the system: 108 bytes on Linux and 104 elsewhere, with the zero at the end. */
const longestSocketPath = 103;

/** Reads the program files, which takes a few milliseconds. */
export function hostAddress(folder: string, traits: HostTraits): HostAddress {
  const id = hashTraits(traits);
  const at = (ending: string) => join(folder, `${id}.${ending}`);
  return {
    id,
    folder,
    socket: process.platform === 'win32' ? `\\\\.\\pipe\\memory-mcp-${userInfo().username}-${id}` : at('sock'),
    lock: at('lock'),
    holder: at('json'),
    secret: join(folder, 'secret'),
  };
}

/** A reason why nothing can listen at the address, or undefined. */
export function problemOfAddress({ socket }: HostAddress): string | undefined {
  const length = Buffer.byteLength(socket);
  if (process.platform === 'win32' || length <= longestSocketPath) return undefined;
  return `the path of the socket is too long (${length} bytes, at most ${longestSocketPath}): ${socket}`;
}

function hashTraits({ entry, device, threads, environment }: HostTraits): string {
  const programs = [entry, join(dirname(entry), 'inference.cjs')].map((file) =>
    createHash('sha256').update(readFileSync(file)).digest('hex'),
  );
  const traits = [
    protocolVersion,
    programs,
    runtimeVersion(entry),
    process.version,
    process.arch,
    device,
    threads,
    Object.entries(environment).sort(([one], [other]) => (one < other ? -1 : 1)),
    // A home folder can be mounted on several machines or in several containers.
    hostname(),
    processNamespace(),
  ];
  return createHash('sha256').update(JSON.stringify(traits)).digest('hex').slice(0, 16);
}

function runtimeVersion(entry: string): string {
  try {
    const file = createRequire(entry).resolve('onnxruntime-node/package.json');
    return String(JSON.parse(readFileSync(file, 'utf8')).version);
  } catch {
    // The process that needs it says what is missing.
    return 'none';
  }
}

/** Process ids mean something only within a namespace, which a container has to itself. */
function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}
