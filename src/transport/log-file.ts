/**
 * A rotating log file: at a size limit it is renamed to `.1`, and the oldest file is deleted. Logging must never fail a
 * request, so a disk error is only a warning.
 */

import { basename, dirname } from 'node:path';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import { createPrivateFolder } from '../config/paths.ts';
import type { Clock } from '../core/clock.ts';
import { reasonOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { minuteLength } from '../core/time/durations.ts';
import { privateFileMode } from '../files/private-modes.ts';

export interface LogFileDeps {
  readonly file: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Size limit, such as `10M`. */
  readonly rotateAt?: `${number}${'B' | 'K' | 'M'}`;
}

const keptFiles = 5;
/** Bytes to buffer while the disk stalls. Beyond this limit new lines are dropped. */
const maximumBuffered = 4 * 1024 * 1024;
const retryMilliseconds = minuteLength;

export function openLogFile({ file, clock, logger, rotateAt = '10M' }: LogFileDeps) {
  let stream: RotatingFileStream | undefined;
  let retryAt = 0;

  function open(): RotatingFileStream | undefined {
    const path = dirname(file);
    try {
      createPrivateFolder(path);
    } catch (error) {
      giveUp(error);
      return undefined;
    }
    const opened = createStream(basename(file), { path, size: rotateAt, rotate: keptFiles, mode: privateFileMode });
    opened.on('error', giveUp);
    return opened;
  }

  function giveUp(error: unknown): void {
    stream = undefined;
    retryAt = clock.monotonic() + retryMilliseconds;
    logger.warn(`could not write ${file}; retrying in a minute`, { reason: reasonOf(error) });
  }

  return {
    write(line: string): void {
      if (stream === undefined && clock.monotonic() >= retryAt) stream = open();
      if (stream === undefined || stream.writableLength > maximumBuffered) return;
      stream.write(line);
    },
    /** Writes buffered lines and closes the file. */
    async close(): Promise<void> {
      const last = stream;
      if (last === undefined) return;
      await new Promise<void>((resolve) => {
        last.once('close', resolve);
        last.once('error', () => resolve());
        last.end();
      });
    },
  };
}

export type LogFile = ReturnType<typeof openLogFile>;
