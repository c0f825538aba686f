import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLogger } from '../../../src/core/logger.ts';
import { openLogFile } from '../../../src/transport/log-file.ts';
import { until } from '../../support/until.ts';

let now = 0;
const clock = { now: () => new Date(now), monotonic: () => now };

function place() {
  const folder = mkdtempSync(join(tmpdir(), 'memory-mcp-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const warnings: string[] = [];
  const logger = createLogger({ level: () => 'warn', write: (line) => void warnings.push(line) });
  return { folder, file: join(folder, 'logs', 'operations.log'), logger, warnings };
}

describe('a log file', () => {
  it('holds every line, is continued after a restart, and is private', async () => {
    const { file, logger, warnings } = place();
    for (const lines of [['one', 'two'], ['three']]) {
      const log = openLogFile({ file, clock, logger });
      for (const line of lines) log.write(`${line}\n`);
      await log.close();
    }
    expect(readFileSync(file, 'utf8')).toBe('one\ntwo\nthree\n');
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(warnings).toEqual([]);
  });

  it('is set aside when it is full, keeps five of them, and tears no line', async () => {
    const { folder, file, logger } = place();
    const log = openLogFile({ file, clock, logger, rotateAt: '1K' });
    for (let index = 0; index < 200; index++) log.write(`${JSON.stringify({ index, text: '葵'.repeat(20) })}\n`);
    await log.close();
    const names = readdirSync(join(folder, 'logs')).sort();
    expect(names).toEqual(['operations.log', ...[1, 2, 3, 4, 5].map((number) => `operations.log.${number}`)]);
    const kept = names.toReversed().flatMap((name) =>
      readFileSync(join(folder, 'logs', name), 'utf8')
        .split('\n')
        .filter(Boolean),
    );
    const indexes = kept.map((line) => Number(JSON.parse(line).index));
    expect(new Set(indexes).size).toBe(indexes.length);
    expect(Math.max(...indexes)).toBe(199);
  });

  it('costs no answer when it cannot be written, and is tried again', async () => {
    const { folder, file, logger, warnings } = place();
    writeFileSync(join(folder, 'logs'), 'a file where the folder should be');
    const log = openLogFile({ file, clock, logger });
    log.write('lost\n');
    log.write('lost too\n');
    await until(() => warnings.length > 0, 'it warns');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('could not write');

    rmSync(join(folder, 'logs'));
    now += 60_000;
    log.write('kept\n');
    await log.close();
    expect(readFileSync(file, 'utf8')).toBe('kept\n');
  });
});
