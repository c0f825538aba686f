/**
 * A persona's name as a header carries it: percent-encoded UTF-8, decoded once, then checked by the rule for names.
 */
import { MemoryMcpError } from '../../../core/errors.ts';
import { parsePersonaName } from '../../../core/persona.ts';
import { quoteForMessage } from '../../../core/text/visible-text.ts';

/** The name in `value`, or `invalid_input` naming the header. */
export function readPersonaHeader(header: string, value: string): string {
  if (value === '') {
    throw new MemoryMcpError('invalid_input', `${header} is empty`, {
      hint: 'Name a persona, or leave the header out.',
    });
  }
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw new MemoryMcpError('invalid_input', `${header} holds characters that a header cannot carry safely`, {
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
