/**
 * The only writer to the console. Data goes to standard output, everything else to standard error, so that a pipe and
 * the protocol see nothing but what they asked for.
 */
import { errorOutcomes, MemoryMcpError } from '../core/errors.ts';
import { visibleText } from '../core/text/visible-text.ts';

export function printData(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

export function printJson(value: unknown): void {
  printData(JSON.stringify(value, undefined, 2));
}

export function printNotice(text: string): void {
  // What is quoted from a user or a file must not move the terminal it is shown on.
  const shown = visibleText(text);
  process.stderr.write(shown.endsWith('\n') ? shown : `${shown}\n`);
}

/** Says what failed and what to do, and answers with the exit code. */
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
 * Keeps protocol output pure: whatever a library prints goes to standard error from here on. Returns the real standard
 * output for the one who speaks the protocol.
 */
export function reserveStandardOutput(): NodeJS.WriteStream & { fd: 1 } {
  const { stdout } = process;
  const write = stdout.write.bind(stdout);
  const protocolOnly: typeof stdout = Object.create(stdout, { write: { value: write } });
  stdout.write = process.stderr.write.bind(process.stderr);
  return protocolOnly;
}

export function onTerminal(): boolean {
  return process.stderr.isTTY === true;
}

const barWidth = 30;

/** A bar in bytes: redrawn in place on a terminal, a plain line every tenth of the way elsewhere. */
export function createProgressBar(label: string) {
  const terminal = onTerminal();
  let shown = '';
  return {
    show(done: number, total: number): void {
      if (total === 0) return;
      const share = Math.min(1, done / total);
      const percent = Math.floor(share * (terminal ? 100 : 10)) * (terminal ? 1 : 10);
      const megabytes = (bytes: number) => (bytes / 1_000_000).toFixed(1);
      const filled = Math.round(share * barWidth);
      const bar = terminal ? ` [${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}]` : '';
      const amount = terminal ? `${megabytes(done)} of ${megabytes(total)} MB` : `of ${megabytes(total)} MB`;
      const line = `${visibleText(label)}:${bar} ${percent} % ${amount}`;
      if (line === shown) return;
      process.stderr.write(terminal ? `\r${line}\u001b[K` : `${line}\n`);
      shown = line;
    },
    /** Leaves the last state on its own line. */
    end(): void {
      if (terminal && shown !== '') process.stderr.write('\n');
      shown = '';
    },
  };
}

export type ProgressBar = ReturnType<typeof createProgressBar>;
