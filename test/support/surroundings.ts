/**
 * What a spawned server may see: a folder of its own for data, home and configuration, and nothing of the machine it
 * runs on. Models are off, so that a test which wants them says so.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repositoryRoot = fileURLToPath(new URL('../../', import.meta.url));
/** The launcher under test: this repository's, or the one of another build that MEMORY_MCP_TEST_BIN names. */
export const binary = resolve(process.env.MEMORY_MCP_TEST_BIN ?? join(repositoryRoot, 'bin', 'memory-mcp.js'));

export interface ExternalEnvironment {
  readonly dataDir: string;
  readonly env: Record<string, string>;
  /** Removes the folder if it was made here. */
  remove(): void;
}

export interface SurroundingsOptions {
  /** An existing data folder, as another server left it. */
  readonly dataDir?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

export function makeSurroundings({ dataDir: given, env = {} }: SurroundingsOptions = {}): ExternalEnvironment {
  const root = mkdtempSync(join(tmpdir(), 'memory-mcp-test-'));
  const dataDir = given ?? join(root, 'data');
  const home = join(root, 'home');
  return {
    dataDir,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: home,
      USERPROFILE: home,
      XDG_CONFIG_HOME: join(home, 'config'),
      XDG_DATA_HOME: join(home, 'data'),
      // Compiled code is the same for every test of a run.
      XDG_CACHE_HOME: join(repositoryRoot, 'node_modules', '.cache', 'memory-mcp-tests'),
      MEMORY_MCP_DATA_DIR: dataDir,
      MEMORY_MCP_EMBEDDINGS_MODEL: 'none',
      MEMORY_MCP_RERANKER_MODEL: 'none',
      MEMORY_MCP_TIMEZONE: 'Asia/Tokyo',
      ...env,
    },
    remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 3 }),
  };
}
