/**
 * Finds the built program and its code cache, and runs it. The cache folder is the one that the env-paths package would
 * choose. Loading the package here would delay the start.
 */
const { existsSync } = require('node:fs');
const { homedir } = require('node:os');
const { isAbsolute, join } = require('node:path');
const { setFlagsFromString } = require('node:v8');
const { loadProgram } = require('./code-cache.js');

exports.start = () => {
  const root = join(__dirname, '..');
  const file = join(root, 'dist', 'cli.cjs');
  if (!existsSync(file)) {
    console.error('memory-mcp is not built yet: run "npm run build" in its folder.');
    process.exitCode = 1;
    return;
  }
  const { argv, platform, env } = process;
  const { version: released } = require('../package.json');
  const large = needsLargeHeap(argv.slice(2));
  if (!large) keepHeapSmall();
  // V8 takes cached code only under the flags that it was made with.
  const version = large ? `${released}-large-heap` : released;
  const folder = codeCacheFolder({ platform, environment: env, home: homedir });
  const { program, keepCode } = loadProgram({ file, folder, version });
  program.main({ keepCode });
};

/**
 * What serves everybody or goes through everything. Every window of a client starts a stdio server, which waits most of the
 * time. Hooks and calls are like it, so that they start from the code that it has kept.
 */
function needsLargeHeap([command, ...flags]) {
  return command === 'import' || command === 'migrate' || (command === 'serve' && flags.includes('--http'));
}

/**
 * Garbage is collected early, instead of letting tens of megabytes of it pile up. Must come before the program is loaded:
 * V8 reads both flags whenever it decides how far the heap may grow. `npm run bench -- heap` measures what it brings.
 */
function keepHeapSmall() {
  setFlagsFromString('--optimize-for-size');
  setFlagsFromString('--semi-space-growth-factor=1');
}

/**
 * The folder of the code cache. Its files are executed, so it must be the user's own and never relative to the working
 * directory. Undefined if there is no such folder or NODE_DISABLE_COMPILE_CACHE is set.
 */
function codeCacheFolder({ platform, environment, home }) {
  const { LOCALAPPDATA, NODE_DISABLE_COMPILE_CACHE, XDG_CACHE_HOME } = environment;
  if (NODE_DISABLE_COMPILE_CACHE) return undefined;
  const cacheFolder = () => {
    if (platform === 'win32') return join(LOCALAPPDATA || join(home(), 'AppData', 'Local'), 'memory-mcp', 'Cache');
    if (platform === 'darwin') return join(home(), 'Library', 'Caches', 'memory-mcp');
    return join(XDG_CACHE_HOME || join(home(), '.cache'), 'memory-mcp');
  };
  try {
    return isAbsolute(cacheFolder()) ? join(cacheFolder(), 'code') : undefined;
  } catch {
    // Without HOME and without an entry in the password file, a user has no home folder.
    return undefined;
  }
}

exports.codeCacheFolder = codeCacheFolder;
