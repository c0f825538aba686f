/** Says how many lone surrogates of a text were stored as U+FFFD, because no encoding can hold them. */
import { replaceLoneSurrogates } from '../core/text/well-formed.ts';

export function reportReplaced(content: string | undefined): { replaced_characters?: number } {
  const { replaced } = replaceLoneSurrogates(content ?? '');
  return replaced === 0 ? {} : { replaced_characters: replaced };
}
