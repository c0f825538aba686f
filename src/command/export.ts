/** `export`: writes the memories of a persona in a format that other programs can read, and that `import` takes back. */
import { resolve } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { openApp } from '../app.ts';
import { loadConfiguration } from '../config/load.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { createLogger } from '../core/logger.ts';
import { counted, countedMemories } from '../core/text/counted.ts';
import { quoteForMessage } from '../core/text/visible-text.ts';
import type { Scope } from '../persona/scope.ts';
import { type ExportContent, exportContent } from '../transfer/export-content.ts';
import { writeJsonLines } from '../transfer/formats/json-lines.ts';
import { writeServerMemory } from '../transfer/formats/server-memory.ts';
import { writeExport, writeExportFile } from '../transfer/write-export.ts';
import { type NotesWritten, writeNotes } from '../transfer/write-notes.ts';
import {
  countsAsAmounts,
  createProgressBar,
  printData,
  printJson,
  printNotice,
  streamData,
  wholeNumber,
} from './output.ts';

export interface ExportFlags {
  readonly persona?: string | undefined;
  readonly format?: string | undefined;
  readonly out?: string | undefined;
  readonly deleted?: boolean | undefined;
  readonly force?: boolean | undefined;
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

interface Written {
  readonly bytes: number;
  /** More about it, for the receipt. */
  readonly notes?: NotesWritten;
}

/** Formats that are one text, written part by part. */
const textFormats: Readonly<Record<string, (content: ExportContent) => AsyncIterable<string>>> = {
  'json-lines': writeJsonLines,
  'server-memory': writeServerMemory,
};
/** The format that is a folder of files. */
const folderFormat = 'markdown';

export async function exportMemories(flags: ExportFlags): Promise<void> {
  const { deleted = false, force = false, json = false } = flags;
  const format = parseFormat(flags);
  const loaded = await loadConfiguration({ flags });
  const logger = createLogger({ level: () => 'warn', write: printNotice });
  for (const warning of loaded.warnings) logger.warn(warning);
  const { persona } = loaded.configuration;
  const app = openApp({ loaded, logger, kind: 'command' });
  const bar = createProgressBar('export', countsAsAmounts(countedMemories));
  let exported = 0;
  const onProgress = ({ done, total }: { done: number; total: number }) => {
    exported = done;
    bar.show(done, total);
  };
  const write = async (scope: Scope) => {
    const content = exportContent(scope, { version: manifest.version, includeDeleted: deleted, onProgress });
    const texts = textFormats[format];
    if (texts !== undefined && flags.out === undefined) return await writeExport(streamData, texts(content));
    const out = resolve(flags.out ?? '');
    const { bytes, notes }: Written =
      texts === undefined
        ? await writeNotes(out, content, { force, timeZone: loaded.configuration.timezone }).then((done) => ({
            bytes: done.bytes,
            notes: done,
          }))
        : { bytes: await writeExportFile(out, texts(content), { force }) };
    bar.end();
    const place = notes === undefined ? { file: out } : { folder: out, ...notes };
    const receipt = {
      ...place,
      format,
      persona: content.persona,
      memories: exported,
      includes_deleted: deleted,
      bytes,
    };
    if (json) return printJson(receipt);
    const size = `${(bytes / 1_000_000).toFixed(1)} MB`;
    printData(
      [`${out}: ${countedMemories(exported)} of persona "${content.persona}", ${size}`, ...describeNotes(notes)].join(
        '; ',
      ),
    );
  };
  try {
    if (!app.personaNames().includes(app.findPersonaFolder(persona) ?? '')) {
      throw new MemoryMcpError('not_found', `There is no persona "${persona}"; nothing was written`, {
        hint: `Name one with --persona: ${app.personaNames().join(', ') || 'there is none yet'}.`,
      });
    }
    await app.scopeFor(persona, { source: 'cli', readOnly: true })({ effect: 'read' }, write);
  } finally {
    bar.end();
    await app.close();
  }
}

/** The format, if the other flags suit it. */
function parseFormat({ format = 'json-lines', out, json, deleted }: ExportFlags): string {
  const formats = [...Object.keys(textFormats), folderFormat];
  if (!formats.includes(format)) {
    throw new MemoryMcpError('invalid_input', `--format ${quoteForMessage(format)} is not known`, {
      hint: `Use one of: ${formats.join(', ')}.`,
    });
  }
  if (deleted && format === 'server-memory') {
    throw new MemoryMcpError('invalid_input', 'The file of server-memory cannot mark memories as deleted', {
      hint: 'Leave out --deleted, or use --format json-lines.',
    });
  }
  if (out !== undefined) return format;
  if (format === folderFormat) {
    throw new MemoryMcpError('invalid_input', '--format markdown writes one file a memory, so it needs --out FOLDER');
  }
  if (json) {
    throw new MemoryMcpError(
      'invalid_input',
      '--json prints a receipt, so it needs --out: without it the export itself is printed',
    );
  }
  return format;
}

function describeNotes(notes: NotesWritten | undefined): string[] {
  if (notes === undefined) return [];
  const { written, unchanged, others } = notes;
  return [
    `${counted(written, 'note')} written`,
    ...(unchanged > 0 ? [`${wholeNumber(unchanged)} unchanged`] : []),
    ...(others > 0 ? [`${wholeNumber(others)} there of memories that are not in this export`] : []),
    'without versions and context',
  ];
}
