/** Tells a file from one that later replaces it under the same name. */
import { statSync } from 'node:fs';

/** Undefined if the file is missing or unreadable. */
export function fileIdentity(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
