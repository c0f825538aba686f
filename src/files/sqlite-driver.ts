/**
 * Loads better-sqlite3 in the build for this Node version: the prebuilt one from Node 22 on, else the one that was
 * compiled when it was installed.
 */
import type BetterSqlite3 from 'better-sqlite3';
import { MemoryMcpError } from '../core/errors.ts';

let driverChecked = false;

export async function loadSqliteDriver(): Promise<typeof BetterSqlite3> {
  const nodeMajor = Number(process.versions.node.split('.')[0]);
  const name = nodeMajor >= 22 ? 'better-sqlite3-prebuilt' : 'better-sqlite3';
  try {
    const { default: Driver } =
      nodeMajor >= 22 ? await import('better-sqlite3-prebuilt') : await import('better-sqlite3');
    // The native part is loaded by the first database, which is how one that was never built shows.
    if (!driverChecked) new Driver(':memory:').close();
    driverChecked = true;
    return Driver;
  } catch (cause) {
    throw new MemoryMcpError('backend_unavailable', `Could not load the database library ${name}`, {
      hint:
        nodeMajor >= 22
          ? 'Reinstall memory-mcp with both its regular and its optional dependencies.'
          : 'Use Node 22 or newer, where nothing is built. Or run "npm rebuild better-sqlite3" in the folder where memory-mcp is installed, with npm 12 after "npm install-scripts approve better-sqlite3"; this needs a C++ compiler.',
      cause,
    });
  }
}
