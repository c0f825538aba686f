/**
 * Finds the built program and its code cache, and runs it. The user's cache folder is the one that the env-paths
 * package would name; loading a package first would cost more than it says.
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
 * Where compiled code is kept. What lies there is run, so it is a folder of the user's own and never one that is
 * relative to a working directory. Undefined where there is none, or where NODE_DISABLE_COMPILE_CACHE is set.
 */
function codeCacheFolder({ platform, environment, home }) {
  const { LOCALAPPDATA, NODE_DISABLE_COMPILE_CACHE, XDG_CACHE_HOME } = environment;
  if (NODE_DISABLE_COMPILE_CACHE) return undefined;
  const place = () => {
    if (platform === 'win32') return join(LOCALAPPDATA || join(home(), 'AppData', 'Local'), 'memory-mcp', 'Cache');
    if (platform === 'darwin') return join(home(), 'Library', 'Caches', 'memory-mcp');
    return join(XDG_CACHE_HOME || join(home(), '.cache'), 'memory-mcp');
  };
  try {
    return isAbsolute(place()) ? join(place(), 'code') : undefined;
  } catch {
    // A user without an entry in the password file and without HOME has no home folder.
    return undefined;
  }
}

exports.codeCacheFolder = codeCacheFolder;
