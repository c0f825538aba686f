/**
 * All console output goes through this file. Results are written to standard output, everything else to standard error,
 * which keeps pipes and the protocol clean.
 */
import { errorOutcomes, MemoryMcpError } from '../core/errors.ts';
import { visibleText } from '../core/text/visible-text.ts';

export function printData(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Writes a text exactly as it is and resolves when it has been handed over. */
export function writeOut(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}

let outputFailure: Error | undefined;

/** Writes data that follows other data. Resolves when there is room for more, and rejects once nobody reads it. */
export function streamData(text: string): Promise<void> {
  if (process.stdout.listenerCount('error') === 0) {
    process.stdout.on('error', (error) => {
      outputFailure = error;
    });
  }
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      const failure = error ?? outputFailure;
      if (failure == null) return resolve();
      reject(
        new MemoryMcpError('backend_unavailable', `Standard output cannot be written (${failure.message})`, {
          hint: 'What was printed so far is incomplete.',
          cause: failure,
        }),
      );
    });
  });
}

export function printJson(value: unknown): void {
  printData(JSON.stringify(value, undefined, 2));
}

export function printNotice(text: string): void {
  // Quoted text may contain control characters, which must not reach the terminal.
  const shown = visibleText(text);
  process.stderr.write(shown.endsWith('\n') ? shown : `${shown}\n`);
}

/** Prints the error and its hint. Returns the exit code. */
export function printFailure(error: unknown, { json = false }: { json?: boolean } = {}): number {
  if (!(error instanceof MemoryMcpError)) {
    printNotice(`memory-mcp: unexpected error\n${error instanceof Error ? error.stack : String(error)}`);
    return errorOutcomes.internal.exitCode;
  }
  const { code, message, hint } = error;
  if (json) printJson({ error: { code, message, hint } });
  else printNotice([`memory-mcp: ${message}`, hint].filter(Boolean).join('\n'));
  return errorOutcomes[code].exitCode;
}

/**
 * Reserves standard output for the protocol: redirects all other writes, such as those of libraries, to standard error.
 * Returns the real standard output.
 */
export function reserveStandardOutput(): NodeJS.WriteStream & { fd: 1 } {
  const { stdout } = process;
  const write = stdout.write.bind(stdout);
  const protocolOnly: typeof stdout = Object.create(stdout, { write: { value: write } });
  stdout.write = process.stderr.write.bind(process.stderr);
  return protocolOnly;
}

export function isTerminal(): boolean {
  return process.stderr.isTTY === true;
}

const barWidth = 30;

export const wholeNumber = (count: number): string => count.toLocaleString('en');
const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1);

/** How a bar shows an amount; the total has its unit. */
interface BarAmounts {
  readonly done: (amount: number) => string;
  readonly total: (amount: number) => string;
}

const bytesAsAmounts: BarAmounts = { done: megabytes, total: (bytes) => `${megabytes(bytes)} MB` };

/** For things that are counted; `total` names them, as "1 memory" or "1,200 memories". */
export function countsAsAmounts(total: (count: number) => string): BarAmounts {
  return { done: wholeNumber, total };
}

/** A progress bar. A terminal shows a bar that is redrawn in place; other outputs get a line per 10 %. */
export function createProgressBar(label: string, amounts: BarAmounts = bytesAsAmounts) {
  const terminal = isTerminal();
  let shown = '';
  return {
    show(done: number, total: number): void {
      if (total === 0) return;
      const share = Math.min(1, done / total);
      const percent = Math.floor(share * (terminal ? 100 : 10)) * (terminal ? 1 : 10);
      const filled = Math.round(share * barWidth);
      const bar = terminal ? ` [${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}]` : '';
      const amount = `${terminal ? `${amounts.done(done)} ` : ''}of ${amounts.total(total)}`;
      const line = `${visibleText(label)}:${bar} ${percent} % ${amount}`;
      if (line === shown) return;
      process.stderr.write(terminal ? `\r${line}\u001b[K` : `${line}\n`);
      shown = line;
    },
    /** Ends the line of the bar. */
    end(): void {
      if (terminal && shown !== '') process.stderr.write('\n');
      shown = '';
    },
  };
}

export type ProgressBar = ReturnType<typeof createProgressBar>;
