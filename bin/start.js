/**
 * Finds the built program and its code cache, and runs it. The cache folder is the one that the env-paths package would
 * choose. Loading the package here would delay the start.
 */
const { existsSync } = require('node:fs');
const { homedir } = require('node:os');
const { isAbsolute, join } = require('node:path');
const { loadProgram } = require('./code-cache.js');

exports.start = () => {
  const root = join(__dirname, '..');
  const file = join(root, 'dist', 'cli.cjs');
  if (!existsSync(file)) {
    console.error('memory-mcp is not built yet: run "npm run build" in its folder.');
    process.exitCode = 1;
    return;
  }
  const { platform, env } = process;
  const { version } = require('../package.json');
  const folder = codeCacheFolder({ platform, environment: env, home: homedir });
  const { program, keepCode } = loadProgram({ file, folder, version });
  program.main({ keepCode });
};

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
