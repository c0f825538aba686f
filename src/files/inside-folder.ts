/**
 * Checks file names from untrusted sources, such as a model hub: parts separated by "/" that stay inside their folder
 * and mean the same file on every platform.
 */
import { join, resolve, sep } from 'node:path';
import { isDeviceName } from '../core/device-name.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { quoteForMessage } from '../core/text/visible-text.ts';

/** File systems allow 255, and temporary files get a suffix. */
const maxPartBytes = 200;

/** The path of `name` in `folder`. Throws `forbidden` for an unsafe name. Does not access the disk. */
export function resolveInside(folder: string, name: string): string {
  const fault = findFault(name);
  if (fault !== undefined) throw forbiddenName(name, fault);
  const path = join(folder, name);
  // Defense in depth: a gap in the rules of findFault must not let a path escape.
  const root = resolve(folder);
  if (!resolve(path).startsWith(root.endsWith(sep) ? root : root + sep))
    throw forbiddenName(name, 'it leaves its folder');
  return path;
}

function findFault(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (name.startsWith('/')) return 'it is absolute';
  // A colon marks a drive or, on NTFS, an alternate data stream.
  if (/[\p{Cc}\\:*?"<>|]/u.test(name)) return 'it has a character that is not allowed in file names';
  for (const part of name.split('/')) {
    if (part === '..') return 'it leaves its folder';
    if (part === '' || part === '.') return 'it has an empty part';
    // Windows strips them, so the name would mean another file.
    if (/[. ]$/.test(part)) return 'one of its parts ends with a dot or a space';
    if (isDeviceName(part)) return 'it is the name of a device';
    if (Buffer.byteLength(part) > maxPartBytes) return 'it is too long';
  }
  return undefined;
}

function forbiddenName(name: string, fault: string): MemoryMcpError {
  return new MemoryMcpError('forbidden', `The file name ${quoteForMessage(name)} is refused: ${fault}`, {
    hint: 'Nothing was written. File names must stay inside their folder.',
  });
}
