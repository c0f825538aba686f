/**
 * What the benchmarks print: medians and percentiles, Markdown tables, and the lines that say on which machine, with
 * which versions and by which command a table was made.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';

/** The value that a share of the others does not exceed (nearest rank); undefined of nothing. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

export const median = (values: readonly number[]): number | undefined => percentile(values, 0.5);

/** A number for a table, a dash for nothing. */
export function shown(value: number | undefined, digits = 0): string {
  return value === undefined ? '–' : value.toFixed(digits);
}

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

export interface RankingContext {
  readonly command: string;
  /** The folder in which the data lay. */
  readonly folder: string;
}

export function circumstances({ command, folder }: RankingContext): string {
  const processors = cpus();
  const load = loadavg()[0];
  return [
    `- Machine: ${processors.length} × ${processors[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform} ${release()} ${process.arch}; load at the end ${shown(load, 1)}`,
    `- Node ${process.versions.node}, V8 ${process.versions.v8}; memory-mcp at ${revision()}`,
    `- Writing 4 KB with fsync where the data lies: ${shown(fsyncTime(folder), 2)} ms (median of 50)`,
    `- Command: \`${command}\``,
  ].join('\n');
}

function revision(): string {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', stdio: 'pipe' }).trim();
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') === '' ? '' : ' with changes'}`;
  } catch {
    return 'an unknown revision';
  }
}

/**
 * What the disk asks for the promise that a write survives a power cut: create times are unreadable without it. It
 * writes over a file that is there already, as SQLite does in its log.
 */
function fsyncTime(folder: string): number | undefined {
  const path = join(folder, 'fsync-probe');
  const file = openSync(path, 'w');
  const rounds = 50;
  writeSync(file, Buffer.alloc(rounds * 4096));
  fsyncSync(file);
  const times = Array.from({ length: rounds }, (_, round) => {
    const began = performance.now();
    writeSync(file, Buffer.alloc(4096, round), 0, 4096, round * 4096);
    fsyncSync(file);
    return performance.now() - began;
  });
  closeSync(file);
  rmSync(path);
  return median(times);
}
