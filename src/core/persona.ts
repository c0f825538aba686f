/**
 * The rule for persona names. A name becomes a folder: anything that could leave it, hide in it or mean a
 * device on some platform is refused here, before any file is touched.
 */
import { isDeviceName } from './device-name.ts';
import { MemoryMcpError } from './errors.ts';
import { quoteForMessage } from './text/visible-text.ts';

export const defaultPersona = 'default';

const nameRule = /^[\p{L}\p{N}\p{M}_-](?:[\p{L}\p{N}\p{M}_.-]*[\p{L}\p{N}\p{M}_-])?$/u;

/** The NFC form of a persona name, or `invalid_input`. */
export function parsePersonaName(name: string): string {
  const normal = name.normalize('NFC');
  const length = [...normal].length;
  if (length < 1 || length > 64 || !nameRule.test(normal) || isDeviceName(normal)) {
    throw new MemoryMcpError('invalid_input', `Persona name ${quoteForMessage(name)} is not allowed`, {
      hint: 'Use 1 to 64 letters, digits, "_", "-" or inner "."; no slash, no leading dot, no Windows device name.',
    });
  }
  return normal;
}
