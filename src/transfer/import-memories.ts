/**
 * Imports the documents of one format. All of them are read once before anything is written, so a damaged file changes
 * nothing. Then they are read again and stored in small transactions: a run that is interrupted, or that reached its
 * limit, is continued by running it again.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MemoryMcpError } from '../core/errors.ts';
import { countedMemories } from '../core/text/counted.ts';
import type { Scope } from '../persona/scope.ts';
import { importContextEntries, newerContextEntries } from '../service/context.ts';
import type { ImportedMemory, ImportOutcome } from '../store/memory-import.ts';
import { hashContent } from '../store/memory-rows.ts';
import type { Document } from './document.ts';
import { applyEdit } from './edited-memory.ts';
import type { ImportItem, Reading } from './format.ts';
import type { ChosenFormat } from './formats/index.ts';
import { createReport, type ImportReport, type ReportInProgress } from './import-report.ts';
import { secretIn } from './secrets.ts';

export interface ImportOptions extends ChosenFormat {
  /** How many new memories to store at most. */
  readonly limit: number;
  readonly includeSecrets: boolean;
  /** Bytes of the documents. */
  readonly onProgress: (progress: { done: number; total: number }) => void;
}

/** A transaction of this length takes some milliseconds, which other writers can wait. */
const batchLength = 100;
const batchCharacters = 500_000;

/** Reads everything and stores nothing. Throws for documents that are damaged, unknown or in another encoding. */
export async function checkDocuments(options: ImportOptions, reading: Reading): Promise<void> {
  for await (const _ of itemsOf(options, reading)) {
    // Reading is the check.
  }
}

/** What an import would do. */
export async function previewImport(scope: Scope, options: ImportOptions): Promise<ImportReport> {
  const report = beginReport(options);
  const preview = createPreview(scope, options, report);
  for await (const item of itemsOf(options, readingOf(scope))) {
    if (item.kind === 'context') noteContext(scope, item, report);
    else {
      const memory = memoryOf(scope, item, options, report);
      if (memory !== undefined) preview.count(memory);
    }
  }
  return finish(report, options, true);
}

/** Call `checkDocuments` first. */
export async function importMemories(scope: Scope, options: ImportOptions): Promise<ImportReport> {
  const { workspace, clock } = scope;
  const { memories } = workspace.store;
  const report = beginReport(options);
  const { counts } = report;
  const rest = createPreview(scope, { ...options, limit: 0 }, report);
  let batch: ImportedMemory[] = [];
  let characters = 0;

  const store = async () => {
    if (batch.length === 0) return;
    for (const outcome of await memories.importAll(batch, clock.now().toISOString())) countOutcome(report, outcome);
    batch = [];
    characters = 0;
    await nextTurn();
  };
  try {
    for await (const item of itemsOf(options, readingOf(scope))) {
      if (item.kind === 'context') {
        noteContext(scope, item, report);
        await importContextEntries(scope, item.entries);
        continue;
      }
      const memory = memoryOf(scope, item, options, report);
      if (memory === undefined) continue;
      // A batch that would exceed the limit if all of it were new is stored first, to learn what is.
      if (counts.new + batch.length >= options.limit) await store();
      if (counts.new >= options.limit) {
        rest.count(memory);
        continue;
      }
      batch.push(memory);
      characters += memory.content.length;
      if (batch.length >= batchLength || characters >= batchCharacters) await store();
    }
    await store();
  } catch (error) {
    throw interrupted(error, counts.new + counts.updated);
  }
  await memories.completeImport(clock.now().toISOString());
  return finish(report, options, false);
}

/** Counts what would become of memories, those within the input that have the same text included. */
function createPreview({ workspace }: Scope, { limit }: ImportOptions, report: ReportInProgress) {
  const { memories } = workspace.store;
  const texts = new Set<string>();
  return {
    count(memory: ImportedMemory): void {
      const text = memory.identity === 'text' ? hashContent(memory.content) : undefined;
      const outcome = text !== undefined && texts.has(text) ? 'kept' : memories.importOutcome(memory);
      if (text !== undefined) texts.add(text);
      if (outcome === 'added' && report.counts.new >= limit) report.counts.remaining += 1;
      else countOutcome(report, outcome);
    },
  };
}

function countOutcome({ counts }: ReportInProgress, outcome: ImportOutcome): void {
  counts[({ added: 'new', updated: 'updated', kept: 'duplicate', erased: 'erased' } as const)[outcome]] += 1;
}

/** The memory to store, if the item is one and nothing speaks against it. Notes everything else in the report. */
function memoryOf(
  scope: Scope,
  item: Exclude<ImportItem, { kind: 'context' }>,
  { includeSecrets }: ImportOptions,
  report: ReportInProgress,
): ImportedMemory | undefined {
  const { place } = item;
  if (item.kind === 'skipped') {
    report.skip(place, item.reason);
    return undefined;
  }
  const { memory, origin, ignored = [] } = item;
  report.counts.found += 1;
  report.ignore(ignored);
  const secret = secretIn(memory.content);
  if (secret !== undefined) {
    report.secret(place, secret);
    // An export is to come back as it was.
    if (origin === 'foreign' && !includeSecrets) {
      report.counts.left_out += 1;
      return undefined;
    }
  }
  if (origin !== 'edited') return memory;
  const edited = applyEdit(scope, memory);
  if ('reason' in edited) report.skip(place, edited.reason);
  return 'reason' in edited ? undefined : edited;
}

function noteContext(
  scope: Scope,
  { entries }: Extract<ImportItem, { kind: 'context' }>,
  report: ReportInProgress,
): void {
  for (const name of newerContextEntries(scope, entries).keys()) report.context.add(name);
}

/** The items of all documents. Where there are several, places begin with the name of the document. */
async function* itemsOf(
  { format, documents, onProgress }: ImportOptions,
  reading: Reading,
): AsyncGenerator<ImportItem> {
  const total = documents.reduce((sum, { bytes }) => sum + bytes, 0);
  let before = 0;
  for (const document of documents) {
    let read = 0;
    const metered: Document = {
      ...document,
      async *open() {
        for await (const chunk of document.open()) {
          read += chunk.length;
          onProgress({ done: before + read, total });
          yield chunk;
        }
      },
    };
    for await (const item of format.read(metered, reading)) {
      yield documents.length === 1 ? item : { ...item, place: `${document.name}, ${item.place}` };
    }
    before += document.bytes;
  }
}

function readingOf({ settings, clock }: Pick<Scope, 'settings' | 'clock'>): Reading {
  return { timeZone: settings.timezone, now: clock.now().toISOString() };
}

function beginReport({ unrecognized }: ImportOptions): ReportInProgress {
  const report = createReport();
  for (const { name, reason } of unrecognized) report.skip(name, reason);
  return report;
}

function finish(report: ReportInProgress, { format, documents }: ImportOptions, dryRun: boolean): ImportReport {
  return report.finish({ format: format.name, documents: documents.length, dry_run: dryRun });
}

function interrupted(error: unknown, stored: number): unknown {
  if (!(error instanceof MemoryMcpError)) return error;
  const { code, message, hint, cause } = error;
  const done = `Stored before: ${countedMemories(stored)}. Run the import again to continue.`;
  return new MemoryMcpError(code, message, { hint: hint === undefined ? done : `${hint} ${done}`, cause });
}
