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

/**
 * The same text for all names that some file system takes for one: Unicode's full case folding of canonically
 * decomposed text, so that "İ" and "i̇", "ß" and "SS", the Kelvin sign and "k" are alike.
 */
export function foldPersonaName(name: string): string {
  return Array.from(name.normalize('NFD'), foldCharacter).join('').normalize('NFC');
}

/** JavaScript has no case folding; lower, upper and lower case again come to the same, but for the dotless ı. */
function foldCharacter(character: string): string {
  return character === 'ı' ? character : character.toLowerCase().toUpperCase().toLowerCase();
}
