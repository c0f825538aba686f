/**
 * Cuts a text into chunks that a model can read whole. Chunks end where sentences do, are about equally long, so that
 * no last chunk is a mere scrap, and together are exactly the text. Cutting happens in the inference process, because
 * only there is a tokenizer. A change of the rule is a change of the vectors: give `chunkRule` a new name with it.
 */
const chunkTokens = 256;
/** Chunks of one memory at most. */
export const chunkLimit = 512;

/** Tokens of a chunk at most, prefix and special tokens included, for a model that takes `maxTokens`. */
export function tokensPerChunk(maxTokens: number): number {
  return Math.min(chunkTokens, maxTokens);
}

/** Names the rule in the id of a vector space. */
export function chunkRule(maxTokens: number): string {
  return `sentences-${tokensPerChunk(maxTokens)}`;
}

export interface TokenBudget {
  /** Tokens of a text, without prefix and special tokens. */
  readonly count: (text: string) => number;
  /** The most that a chunk may have of them. */
  readonly limit: number;
}

/** Longer runs without any sentence end are cut before they are counted: some tokenizers are slow on them. */
const longestPiece = 1000;
/** No token stands for more characters than this; only used to skip counting what is certainly too long. */
const charactersPerToken = 16;
/** Between sentences: after their end and what closes it, never before a space. */
const sentenceSeam = /(?![」』）\s])(?<=[。．！？][」』）]?|[.!?]\s+|\n\s*)/u;
/** How far before the wanted place a nicer one is looked for, in characters. */
const seamWindow = 50;

interface Piece {
  readonly text: string;
  readonly tokens: number;
}

/** The chunks of `text`. Yields while it counts, so that whoever drives it can let a query go first. */
export function* planChunks(text: string, budget: TokenBudget): Generator<void, string[]> {
  if (text.length <= budget.limit * charactersPerToken && budget.count(text) <= budget.limit) return [text];
  const pieces: Piece[] = [];
  for (const sentence of text.split(sentenceSeam)) {
    for (let start = 0, end = 0; start < sentence.length; start = end) {
      end = start + longestPiece >= sentence.length ? sentence.length : seamNear(sentence, start + longestPiece);
      pieces.push(...piecesThatFit(sentence.slice(start, end), budget));
      yield;
    }
  }
  // Tokens may join differently across the seams of pieces, so the whole chunk has the last word.
  return pack(pieces, budget.limit).flatMap((chunk) => piecesThatFit(chunk, budget).map((piece) => piece.text));
}

/** The longest beginning of `text` that fits, cut between characters. */
export function beginningThatFits(text: string, fits: (text: string) => boolean): string {
  if (fits(text)) return text;
  let kept = 0;
  let refused = text.length;
  while (refused - kept > 1) {
    const middle = Math.floor((kept + refused) / 2);
    if (fits(text.slice(0, middle))) kept = middle;
    else refused = middle;
  }
  return text.slice(0, wholeCharacters(text, kept));
}

function pack(pieces: readonly Piece[], limit: number): string[] {
  const chunks: string[] = [];
  let left = pieces.reduce((sum, piece) => sum + piece.tokens, 0);
  let chunk = '';
  let tokens = 0;
  let target = left / Math.ceil(left / limit);
  for (const piece of pieces) {
    if (chunk !== '' && (tokens + piece.tokens > limit || tokens + piece.tokens / 2 > target)) {
      chunks.push(chunk);
      left -= tokens;
      target = left / Math.ceil(left / limit);
      chunk = '';
      tokens = 0;
    }
    chunk += piece.text;
    tokens += piece.tokens;
  }
  return chunk === '' ? chunks : [...chunks, chunk];
}

function piecesThatFit(text: string, budget: TokenBudget): Piece[] {
  const tokens = budget.count(text);
  const middle = seamNear(text, Math.ceil(text.length / 2));
  if (tokens <= budget.limit || middle <= 0 || middle >= text.length) return [{ text, tokens }];
  return [...piecesThatFit(text.slice(0, middle), budget), ...piecesThatFit(text.slice(middle), budget)];
}

/** A place to cut: after the last space or comma shortly before `wanted`, else `wanted` itself. */
function seamNear(text: string, wanted: number): number {
  const from = Math.max(0, wanted - seamWindow);
  const window = text.slice(from, wanted);
  const mark = Math.max(...[' ', '\t', '、', ',', '，', '\u3000'].map((character) => window.lastIndexOf(character)));
  return mark < 0 ? wholeCharacters(text, wanted) : from + mark + 1;
}

/** `end`, or one less where it would split a surrogate pair. */
function wholeCharacters(text: string, end: number): number {
  const code = text.charCodeAt(end - 1);
  return end < text.length && code >= 0xd800 && code <= 0xdbff ? end - 1 : end;
}
