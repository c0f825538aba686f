/**
 * The name that a persona's folder of the original system has here. The original took any header for a name. It read
 * UTF-8 as Latin-1, so 葵 became "è\x91µ", and it did not decode "%E8%91%B5", as clients send it today.
 */
import { isDeviceName } from '../core/device-name.ts';
import { parsePersonaName } from '../core/persona.ts';

const decodingSteps = [decodePercent, decodeLatin1, decodePercent];
const maxLength = 64;

/** Always a name that is allowed here. Characters that are not become "_". */
export function restorePersonaName(folder: string): string {
  const decoded = decodingSteps.reduce((name, decode) => decode(name), folder);
  return allowedName(decoded) ?? allowedName(replaceForbidden(decoded)) ?? 'unnamed';
}

function allowedName(name: string): string | undefined {
  try {
    return parsePersonaName(name);
  } catch {
    return undefined;
  }
}

function decodePercent(name: string): string {
  if (!/%[0-9a-f]{2}/i.test(name)) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Text that was read as Latin-1 although it was UTF-8. Other text is returned unchanged. */
function decodeLatin1(name: string): string {
  const bytes = Buffer.from(name, 'latin1');
  if (bytes.toString('latin1') !== name) return name;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return name;
  }
}

function replaceForbidden(name: string): string {
  const replaced = name.normalize('NFC').replace(/[^\p{L}\p{N}\p{M}_.-]/gu, '_');
  const inner = [...replaced]
    .slice(0, maxLength)
    .join('')
    .replace(/^\.|\.$/g, '_');
  if (inner === '') return '_';
  return isDeviceName(inner) ? `_${[...inner].slice(0, maxLength - 1).join('')}` : inner;
}
