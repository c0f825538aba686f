/** `import`: takes memories over from a file, a folder or an archive, and prints what came of them. */
import { openApp } from '../app.ts';
import { loadConfiguration } from '../config/load.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { createLogger } from '../core/logger.ts';
import { chooseFormat } from '../transfer/formats/index.ts';
import { checkDocuments, type ImportOptions, importMemories, previewImport } from '../transfer/import-memories.ts';
import { openInput } from '../transfer/input.ts';
import { describeImport } from './import-report.ts';
import { createProgressBar, printData, printJson, printNotice } from './output.ts';

export interface ImportFlags {
  readonly persona?: string | undefined;
  readonly format?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly limit?: string | undefined;
  readonly includeSecrets?: boolean | undefined;
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Smaller inputs are read before anybody could follow a bar. */
const shownBytes = 1_000_000;

export async function importFrom(path: string, flags: ImportFlags): Promise<void> {
  const { dryRun = false, includeSecrets = false, json = false } = flags;
  const givenLimit = flags.limit === undefined ? undefined : parseLimit(flags.limit);
  const loaded = await loadConfiguration({ flags });
  const logger = createLogger({ level: () => 'warn', write: printNotice });
  for (const warning of loaded.warnings) logger.warn(warning);
  const { persona, timezone } = loaded.configuration;
  const input = await openInput(path);
  const app = openApp({ loaded, logger, kind: 'command' });
  try {
    const chosen = await chooseFormat(input, flags.format);
    const isNewPersona = app.findPersonaFolder(persona) === undefined;
    const limit = givenLimit ?? chosen.format.limit ?? Number.POSITIVE_INFINITY;
    const run = <Result>(label: string, work: (options: ImportOptions) => Promise<Result>): Promise<Result> => {
      const bar = createProgressBar(label);
      const onProgress = ({ done, total }: { done: number; total: number }) => {
        if (total >= shownBytes) bar.show(done, total);
      };
      return work({ ...chosen, limit, includeSecrets, onProgress }).finally(bar.end);
    };
    const open = app.scopeFor(persona, { source: `import:${chosen.format.name}`, readOnly: dryRun });
    const preview = () => run('check', (options) => open({ effect: 'read' }, (scope) => previewImport(scope, options)));
    const store = async () => {
      // Before the persona is opened: a damaged file must not create one.
      await run('check', (options) => checkDocuments(options, { timeZone: timezone, now: new Date().toISOString() }));
      return run('import', (options) =>
        open({ effect: 'write', creates: true }, (scope) => importMemories(scope, options)),
      );
    };
    const report = await (dryRun ? preview() : store());
    if (json) printJson(report);
    else
      printData(
        describeImport(report, {
          title: chosen.format.title,
          persona: isNewPersona ? `persona "${persona}", which is new` : `persona "${persona}"`,
          embeds: loaded.configuration.embeddings_model !== 'none',
        }),
      );
  } finally {
    await Promise.all([app.close(), input.close()]);
  }
}

function parseLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new MemoryMcpError('invalid_input', `--limit must be a whole number of at least 1, not "${text}"`);
}
