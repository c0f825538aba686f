/**
 * Reads a persona name from a header: percent-encoded UTF-8, decoded once and then validated.
 */
import { MemoryMcpError } from '../../../core/errors.ts';
import { parsePersonaName } from '../../../core/persona.ts';
import { quoteForMessage } from '../../../core/text/visible-text.ts';

/** Throws `invalid_input`, with the name of the header, if `value` is not a valid name. */
export function readPersonaHeader(header: string, value: string): string {
  if (value === '') {
    throw new MemoryMcpError('invalid_input', `${header} is empty`, {
      hint: 'Name a persona, or leave out the header.',
    });
  }
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw new MemoryMcpError('invalid_input', `${header} contains characters that are not safe in a header`, {
      hint: `Percent-encode the name as UTF-8, for example ${encodeURIComponent('葵')} for 葵.`,
    });
  }
  let name: string;
  try {
    name = decodeURIComponent(value);
  } catch (cause) {
    throw new MemoryMcpError(
      'invalid_input',
      `${header} is ${quoteForMessage(value)}, which is not percent-encoded UTF-8`,
      {
        hint: `For example ${encodeURIComponent('葵')} stands for 葵.`,
        cause,
      },
    );
  }
  return parsePersonaName(name);
}
