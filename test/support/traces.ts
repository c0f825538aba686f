/**
 * Searching raw bytes for what is left of a text: every word and every pair of neighbouring letters of other scripts,
 * as they were written and as searching folds them, unless another text holds them too.
 */
export interface Trace {
  readonly trace: string;
  readonly file: string;
}

export function tracesOf(
  gone: readonly string[],
  kept: readonly string[],
  files: ReadonlyMap<string, Buffer>,
): Trace[] {
  const elsewhere = kept.flatMap(forms);
  const pieces = new Set(gone.flatMap(forms).flatMap(piecesOf));
  const unique = [...pieces].filter((piece) => !elsewhere.some((text) => text.includes(piece)));
  return unique.flatMap((trace) =>
    [...files].filter(([, bytes]) => bytes.includes(trace)).map(([file]) => ({ trace, file })),
  );
}

function forms(text: string): string[] {
  const folded = text.normalize('NFKC').toLowerCase();
  const hiragana = folded.replace(/[ァ-ヴ]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0x60));
  return [text, folded, hiragana];
}

/** Words of four letters and more, since the bytes of a file hold any shorter ones by chance; pairs of wide letters. */
function piecesOf(text: string): string[] {
  const words = text.match(/[a-z0-9_]{4,}/gi) ?? [];
  const wide = text.match(/[^\p{ASCII}\s\p{P}]+/gu) ?? [];
  const pairs = wide.flatMap((run) => {
    const letters = [...run];
    return letters.slice(0, -1).map((letter, index) => letter + letters[index + 1]);
  });
  return [...words, ...pairs];
}
