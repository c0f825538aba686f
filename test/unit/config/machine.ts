/** A machine of its own for each test: user folders, a working directory and files, all below one temporary folder. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type LoadDeps, type LoadedConfiguration, loadConfiguration } from '../../../src/config/load.ts';

export interface Machine {
  readonly root: string;
  readonly folders: { data: string; config: string; cache: string };
  readonly directory: string;
  path(name: string): string;
  /** Writes a file, as JSON unless it is text, and gives its path. */
  write(name: string, content: unknown): string;
  load(parts?: LoadDeps): Promise<LoadedConfiguration>;
  /** The message of the error that loading ends in, with its hint. */
  refusal(parts?: LoadDeps): Promise<string>;
}

export function createMachine(): Machine {
  const root = mkdtempSync(join(tmpdir(), 'memory-mcp-config-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const folders = { data: join(root, 'data'), config: join(root, 'config'), cache: join(root, 'cache') };
  const directory = join(root, 'somebody-elses-repository');
  mkdirSync(directory);
  const path = (name: string) => join(root, name);
  const load = (parts: LoadDeps = {}) => loadConfiguration({ environment: {}, folders, directory, ...parts });
  return {
    root,
    folders,
    directory,
    path,
    write(name, content) {
      mkdirSync(dirname(path(name)), { recursive: true });
      writeFileSync(path(name), typeof content === 'string' ? content : JSON.stringify(content));
      return path(name);
    },
    load,
    async refusal(parts) {
      try {
        await load(parts);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'invalid_input' && 'hint' in error) {
          return `${error.message}\n${error.hint}`;
        }
        throw error;
      }
      throw new Error('the configuration was loaded, but should have been refused');
    },
  };
}
