/**
 * What a memory is in a conversation: whether it asks instead of telling, and whether the query names the one who speaks
 * in it. A question resembles a query about its subject more than the answer does, and says less.
 */
import { foldText } from '../core/text/spellings.ts';

export interface Turn {
  /** It ends in a question, so what follows it says more. */
  readonly asks: boolean;
  /** The query names its speaker: what stands before the colon at its beginning. */
  readonly spokenByNamed: boolean;
}

const ending = /[?？][\s"'”’」』)）\]!！]*$/u;
const speaker = /^\s*([\p{L}\p{N}][\p{L}\p{N} .'’・_-]{0,30}?)\s?[:：]/u;

/** Reads the turns of one query. */
export function createTurnReader(query: string): (content: string) => Turn {
  const folded = foldText(query);
  const named = new Map<string, boolean>();
  const isNamed = (name: string): boolean => {
    const known = named.get(name) ?? holdsName(folded, foldText(name));
    named.set(name, known);
    return known;
  };
  return (content) => {
    const name = speaker.exec(content.slice(0, 40))?.[1];
    return {
      asks: ending.test(content.slice(-20)),
      spokenByNamed: name !== undefined && isNamed(name),
    };
  };
}

/** As a word of its own where words are spaced: "Al" is not named by "always". */
function holdsName(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const before = text[at - 1] ?? ' ';
    const after = text[at + name.length] ?? ' ';
    if (!isLatin(name) || !(isLatin(before) || isLatin(after))) return true;
  }
  return false;
}

function isLatin(text: string): boolean {
  return /[\p{Script=Latin}\p{N}]/u.test(text);
}
