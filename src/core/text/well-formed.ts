/**
 * Lone surrogates: halves of a character without the other half, which UTF-8 cannot hold. What is stored has U+FFFD in
 * their place.
 */
const lone = /\p{Surrogate}/gu;

export function isWellFormed(text: string): boolean {
  return text.search(lone) < 0;
}

/** `text` with U+FFFD for each lone surrogate, and how many there were. */
export function replaceLoneSurrogates(text: string): { text: string; replaced: number } {
  let replaced = 0;
  const whole = text.replace(lone, () => {
    replaced += 1;
    return '\ufffd';
  });
  return { text: whole, replaced };
}
