/**
 * Builds the binding of faiss-node from the package's own source against Debian's FAISS and OpenBLAS, so that tests and
 * benchmarks use the real thing where its prebuilt binary cannot be fetched. Users run `npm rebuild faiss-node`.
 * Quick when there is a binding that loads; as root it installs the Debian packages it needs.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const debianPackages = ['g++', 'libfaiss-dev', 'libopenblas-dev'];
/** FAISS 1.7.4, which the source is written for, has this name; Debian 12 has 1.7.3, which knows it as Index::idx_t. */
const shim = '#include <cstdint>\nnamespace faiss { using idx_t = int64_t; }\n';

/** Returns the path of the binding. Throws an error that names the missing piece. */
export function buildFaissNode(): string {
  const packageFolder = dirname(require.resolve('faiss-node/package.json'));
  const release = join(packageFolder, 'build', 'Release');
  const binding = join(release, 'faiss-node.node');
  if (loads(packageFolder)) return binding;
  installLibraries();
  mkdirSync(release, { recursive: true });
  const shimPath = join(packageFolder, 'build', 'faiss-idx.h');
  writeFileSync(shimPath, shim);
  const fromPackage = createRequire(join(packageFolder, 'package.json'));
  const includes = [dirname(fromPackage.resolve('node-addon-api/napi.h')), nodeHeaders()];
  run('g++', [
    '-std=c++17',
    '-O2',
    '-fPIC',
    '-shared',
    '-fopenmp',
    '-DNAPI_VERSION=6',
    '-DNODE_GYP_MODULE_NAME=faiss_node',
    '-DBUILDING_NODE_EXTENSION',
    '-include',
    shimPath,
    ...includes.flatMap((folder) => ['-I', folder]),
    join(packageFolder, 'src', 'faiss.cc'),
    '-lfaiss',
    '-lopenblas',
    '-o',
    binding,
  ]);
  if (!loads(packageFolder)) throw new Error(`${binding} was built but does not load`);
  return binding;
}

/** In a process of its own, since a binding that is broken may end the process. */
function loads(packageFolder: string): boolean {
  const { status } = spawnSync(process.execPath, ['-e', 'require(process.argv[1])', packageFolder], {
    stdio: 'ignore',
  });
  return status === 0;
}

function installLibraries(): void {
  if (existsSync('/usr/include/faiss/IndexFlat.h') && spawnSync('g++', ['--version']).status === 0) return;
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) {
    throw new Error(`faiss-node cannot be built here: install ${debianPackages.join(', ')} (Debian or Ubuntu) first`);
  }
  run('apt-get', ['update']);
  run('apt-get', ['install', '--yes', '--no-install-recommends', ...debianPackages]);
}

function nodeHeaders(): string {
  const prefix = dirname(dirname(process.execPath));
  const folders = [process.env.npm_config_nodedir, prefix, '/usr', '/usr/local']
    .filter((folder) => folder !== undefined)
    .map((folder) => join(folder, 'include', 'node'));
  const found = folders.find((folder) => existsSync(join(folder, 'node_api.h')));
  if (found === undefined) {
    throw new Error(`No headers of Node in ${folders.join(', ')}: set npm_config_nodedir to a folder that has them`);
  }
  return found;
}

function run(command: string, parameters: readonly string[]): void {
  execFileSync(command, parameters, { stdio: ['ignore', 'ignore', 'inherit'] });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(buildFaissNode());
