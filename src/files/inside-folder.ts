/**
 * The rule for file names that come from outside, such as the listing of a hub: parts with "/" between them that stay
 * in their folder and mean the same file on every platform.
 */
import { join, resolve, sep } from 'node:path';
import { isDeviceName } from '../core/device-name.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { quoteForMessage } from '../core/text/visible-text.ts';

/** File systems allow 255; what is being written gets an ending of its own. */
const maxPartBytes = 200;

/** The path of `name` in `folder`, or `forbidden`. Looks at the name alone, never at the disk. */
export function insideFolder(folder: string, name: string): string {
  const fault = faultOf(name);
  if (fault !== undefined) throw refused(name, fault);
  const path = join(folder, name);
  // What the rules above let through stays inside; a mistake in them must not become a file elsewhere.
  const root = resolve(folder);
  if (!resolve(path).startsWith(root.endsWith(sep) ? root : root + sep)) throw refused(name, 'it leaves its folder');
  return path;
}

function faultOf(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (name.startsWith('/')) return 'it is absolute';
  // A colon is a drive or, on NTFS, a second stream of the file.
  if (/[\p{Cc}\\:*?"<>|]/u.test(name)) return 'it has a character that file names must not have';
  for (const part of name.split('/')) {
    if (part === '..') return 'it leaves its folder';
    if (part === '' || part === '.') return 'it has an empty part';
    // Windows drops them, and the name means another file.
    if (/[. ]$/.test(part)) return 'a part of it ends with a dot or a space';
    if (isDeviceName(part)) return 'it means a device';
    if (Buffer.byteLength(part) > maxPartBytes) return 'it is too long';
  }
  return undefined;
}

function refused(name: string, fault: string): MemoryMcpError {
  return new MemoryMcpError('forbidden', `The file name ${quoteForMessage(name)} is refused: ${fault}`, {
    hint: 'Nothing was written. Names from outside must stay in the folder they are meant for.',
  });
}
