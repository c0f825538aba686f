/** `export`: writes the memories of a persona in a format that other programs can read, and that `import` takes back. */
import { resolve } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { openApp } from '../app.ts';
import { loadConfiguration } from '../config/load.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { createLogger } from '../core/logger.ts';
import { quoteForMessage } from '../core/text/visible-text.ts';
import type { Scope } from '../persona/scope.ts';
import { type ExportContent, exportContent } from '../transfer/export-content.ts';
import { writeJsonLines } from '../transfer/formats/json-lines.ts';
import { writeExport, writeExportFile } from '../transfer/write-export.ts';
import { createProgressBar, printData, printJson, printNotice, streamData, wholeNumber } from './output.ts';

export interface ExportFlags {
  readonly persona?: string | undefined;
  readonly format?: string | undefined;
  readonly out?: string | undefined;
  readonly deleted?: boolean | undefined;
  readonly force?: boolean | undefined;
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

/** The formats of an export, as texts to be written one after another. */
const textFormats: Readonly<Record<string, (content: ExportContent) => AsyncIterable<string>>> = {
  'json-lines': writeJsonLines,
};

export async function exportMemories(flags: ExportFlags): Promise<void> {
  const { format = 'json-lines', out, deleted = false, force = false, json = false } = flags;
  const texts = textFormats[format];
  if (texts === undefined) {
    throw new MemoryMcpError('invalid_input', `--format ${quoteForMessage(format)} is not known`, {
      hint: `Use one of: ${Object.keys(textFormats).join(', ')}.`,
    });
  }
  if (json && out === undefined) {
    throw new MemoryMcpError(
      'invalid_input',
      '--json prints a receipt, so it needs --out: without it the export itself is printed',
    );
  }
  const loaded = await loadConfiguration({ flags });
  const logger = createLogger({ level: () => 'warn', write: printNotice });
  for (const warning of loaded.warnings) logger.warn(warning);
  const { persona } = loaded.configuration;
  const app = openApp({ loaded, logger, kind: 'command' });
  const bar = createProgressBar('export', { format: wholeNumber, unit: 'memories' });
  let exported = 0;
  const onProgress = ({ done, total }: { done: number; total: number }) => {
    exported = done;
    bar.show(done, total);
  };
  const write = async (scope: Scope) => {
    const content = exportContent(scope, { version: manifest.version, includeDeleted: deleted, onProgress });
    if (out === undefined) return await writeExport(streamData, texts(content));
    const file = resolve(out);
    const bytes = await writeExportFile(file, texts(content), { force });
    bar.end();
    const receipt = { file, format, persona: content.persona, memories: exported, includes_deleted: deleted, bytes };
    if (json) printJson(receipt);
    else
      printData(
        `${file}: ${wholeNumber(exported)} memories of persona "${content.persona}", ${(bytes / 1_000_000).toFixed(1)} MB`,
      );
  };
  try {
    if (!app.personaNames().includes(app.findPersonaFolder(persona) ?? '')) {
      throw new MemoryMcpError('not_found', `Persona "${persona}" does not exist`, {
        hint: 'Name another one with --persona. Nothing was written.',
      });
    }
    await app.scopeFor(persona, { source: 'cli', readOnly: true })({ effect: 'read' }, write);
  } finally {
    bar.end();
    await app.close();
  }
}
