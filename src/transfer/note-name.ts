/**
 * The file name of a memory's note. A key that is safe as a name on every platform is the name. Others, which imports may
 * have brought, keep their letters and digits and get a part of a hash, by which no two keys share a name, also where case
 * and accents do not count.
 */
import { createHash } from 'node:crypto';
import { isDeviceName } from '../core/device-name.ts';

const shownLength = 40;

export function noteName(key: string): string {
  if (/^[a-z0-9][a-z0-9_-]{0,99}$/.test(key) && !isDeviceName(key)) return `${key}.md`;
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 12);
  const readable = [...key.normalize('NFC').replaceAll(/[^\p{L}\p{N}_-]+/gu, '-')].slice(0, shownLength).join('');
  return `${readable.replaceAll(/^-+|-+$/g, '')}-${hash}.md`.replace(/^-/, '');
}
