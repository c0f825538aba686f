/**
 * Splits a text into chunks that fit a model. Chunks end at sentence boundaries and are about equally long, which
 * avoids a tiny last chunk. Joined together they are exactly the text. Runs in the inference process, which has the
 * tokenizer. A change to the chunking changes the vectors, so it needs a new name in `chunkRule`.
 */
const chunkTokens = 256;
/** Maximum number of chunks per memory. */
export const chunkLimit = 512;

/** Maximum tokens per chunk, including prefix and special tokens, for a model that accepts `maxTokens`. */
export function tokensPerChunk(maxTokens: number): number {
  return Math.min(chunkTokens, maxTokens);
}

/** The name of the chunking rule, which is part of the id of a vector space. */
export function chunkRule(maxTokens: number): string {
  return `sentences-${tokensPerChunk(maxTokens)}`;
}

export interface TokenBudget {
  /** Counts the tokens of a text, without prefix and special tokens. */
  readonly count: (text: string) => number;
  /** Maximum number of these tokens per chunk. */
  readonly limit: number;
}

/** Sentences longer than this are split before their tokens are counted, because some tokenizers are slow on them. */
const maximumPieceLength = 1000;
/**
 * Upper bound on the characters of a token. Only used to skip counting the tokens of texts that are too long anyway.
 */
const maximumCharactersPerToken = 16;
/** Matches between sentences: after the punctuation and closing quotes or spaces, never before a space. */
const sentenceBoundary = /(?![」』）\s])(?<=[。．！？][」』）]?|[.!?]\s+|\n\s*)/u;
/** How many characters before the target position are searched for a better place to split. */
const splitWindow = 50;

interface Piece {
  readonly text: string;
  readonly tokens: number;
}

/** Returns the chunks of `text`. Yields while counting tokens, which lets the caller run a query first. */
export function* planChunks(text: string, budget: TokenBudget): Generator<void, string[]> {
  if (text.length <= budget.limit * maximumCharactersPerToken && budget.count(text) <= budget.limit) return [text];
  const pieces: Piece[] = [];
  for (const sentence of text.split(sentenceBoundary)) {
    for (let start = 0, end = 0; start < sentence.length; start = end) {
      end =
        start + maximumPieceLength >= sentence.length
          ? sentence.length
          : findSplitNear(sentence, start + maximumPieceLength);
      pieces.push(...splitToFit(sentence.slice(start, end), budget));
      yield;
    }
  }
  // Token counts of pieces do not always add up to that of the joined chunk, so check each chunk again.
  return pack(pieces, budget.limit).flatMap((chunk) => splitToFit(chunk, budget).map((piece) => piece.text));
}

/** Returns the longest prefix of `text` that fits, without splitting a surrogate pair. */
export function truncateToFit(text: string, fits: (text: string) => boolean): string {
  if (fits(text)) return text;
  let kept = 0;
  let tooLong = text.length;
  while (tooLong - kept > 1) {
    const middle = Math.floor((kept + tooLong) / 2);
    if (fits(text.slice(0, middle))) kept = middle;
    else tooLong = middle;
  }
  return text.slice(0, alignToCharacter(text, kept));
}

/** Joins pieces into chunks of about equal token counts. */
function pack(pieces: readonly Piece[], limit: number): string[] {
  const chunks: string[] = [];
  let remaining = pieces.reduce((sum, piece) => sum + piece.tokens, 0);
  let chunk = '';
  let tokens = 0;
  let target = remaining / Math.ceil(remaining / limit);
  for (const piece of pieces) {
    if (chunk !== '' && (tokens + piece.tokens > limit || tokens + piece.tokens / 2 > target)) {
      chunks.push(chunk);
      remaining -= tokens;
      target = remaining / Math.ceil(remaining / limit);
      chunk = '';
      tokens = 0;
    }
    chunk += piece.text;
    tokens += piece.tokens;
  }
  return chunk === '' ? chunks : [...chunks, chunk];
}

function splitToFit(text: string, budget: TokenBudget): Piece[] {
  const tokens = budget.count(text);
  const middle = findSplitNear(text, Math.ceil(text.length / 2));
  if (tokens <= budget.limit || middle <= 0 || middle >= text.length) return [{ text, tokens }];
  return [...splitToFit(text.slice(0, middle), budget), ...splitToFit(text.slice(middle), budget)];
}

/** Returns the position after the last space or comma shortly before `target`, or `target` if there is none. */
function findSplitNear(text: string, target: number): number {
  const from = Math.max(0, target - splitWindow);
  const window = text.slice(from, target);
  const mark = Math.max(...[' ', '\t', '、', ',', '，', '\u3000'].map((character) => window.lastIndexOf(character)));
  return mark < 0 ? alignToCharacter(text, target) : from + mark + 1;
}

/** Returns `end`, or `end - 1` if `end` would split a surrogate pair. */
function alignToCharacter(text: string, end: number): number {
  const code = text.charCodeAt(end - 1);
  return end < text.length && code >= 0xd800 && code <= 0xdbff ? end - 1 : end;
}
