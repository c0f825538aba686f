/**
 * `demo`: shows in a terminal what a memory does, without any client: real operations on a data folder of its own, which is
 * removed at the end. The models are those of the user's settings if their files are here; nothing is downloaded.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApp } from '../app.ts';
import { type ConfigurationFlags, type LoadedConfiguration, loadConfiguration } from '../config/load.ts';
import { dataPaths } from '../config/paths.ts';
import { createLogger } from '../core/logger.ts';
import { operations } from '../operation/index.ts';
import { invoke, type Result } from '../operation/operation.ts';
import { tellDemo } from './demo-story.ts';
import { printData, printNotice } from './output.ts';

export interface DemoFlags extends Pick<ConfigurationFlags, 'config'> {
  readonly keep?: boolean | undefined;
}

const persona = 'demo';

/** Resolves with the exit code: 0 if all that was promised was seen. */
export async function demo({ config, keep = false }: DemoFlags): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'memory-mcp-demo-'));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  const interrupted = () => {
    if (!keep) remove();
    process.exit(130);
  };
  process.once('SIGINT', interrupted);
  try {
    const loaded = inFolder(await loadConfiguration({ flags: { config } }), folder);
    const logger = createLogger({ level: () => 'error', write: printNotice });
    const app = openApp({ loaded, logger, kind: 'command' });
    const openScope = app.scopeFor(persona, { source: 'demo', readOnly: false });
    const call = async (name: string, input: object): Promise<Result> => {
      const operation = operations.find((each) => each.name === name);
      if (operation === undefined) throw new Error(`there is no operation ${name}`);
      return invoke(operation, input, openScope);
    };
    try {
      const kept = await tellDemo({ call, folder, persona, print: printData });
      printData(
        keep
          ? `\nThe folder is kept: ${folder}`
          : '\nThe folder of this demo has been removed. To keep one: memory-mcp demo --keep',
      );
      return kept ? 0 : 1;
    } finally {
      await app.close();
    }
  } finally {
    process.removeListener('SIGINT', interrupted);
    if (!keep) remove();
  }
}

/** The user's settings for models, with everything else in `folder`: no file of theirs is read or written but models. */
function inFolder(loaded: LoadedConfiguration, folder: string): LoadedConfiguration {
  return {
    ...loaded,
    configuration: { ...loaded.configuration, persona, model_download: 'never', storage_backend: 'sqlite' },
    paths: { ...dataPaths(folder), models: loaded.paths.models },
  };
}
