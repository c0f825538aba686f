/**
 * English made comparable: inflections are cut off words, and the closed class of function words is known. Both are
 * for finding only; `core/text/terms.ts` applies them to every word in Latin script, so a rule must be harmless to other languages.
 */
const vowel = /[aeiouy]/;

/**
 * The word without an English plural, -ed, -ing or final e. Lighter than Porter's stemmer and no worse here, because
 * a question also asks for the first letters of its longer words (`queryTerms`).
 */
export function stemOf(word: string): string {
  if (word.length < 4) return word;
  let stem = withoutPlural(word);
  if (stem.endsWith('ing')) stem = withoutSuffix(stem, 3);
  else if (stem.endsWith('ed')) stem = withoutSuffix(stem, 2);
  return stem.length > 3 && stem.endsWith('e') ? stem.slice(0, -1) : stem;
}

function withoutPlural(word: string): string {
  if (!word.endsWith('s')) return word;
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (/(?:ss|sh|ch|x|z)es$/.test(word)) return word.slice(0, -2);
  return /[^su]s$/.test(word) ? word.slice(0, -1) : word;
}

/** "running" loses its doubled letter too, "string" and "red" lose nothing: what remains must be a syllable. */
function withoutSuffix(word: string, length: number): string {
  const stem = word.slice(0, -length);
  if (stem.length < 3 || !vowel.test(stem)) return word;
  return /([^aeiouls])\1$/.test(stem) ? stem.slice(0, -1) : stem;
}

const functionWords = new Set(
  `a an the of to in on at by for from with about as into and or but if so than then that this these those it its he
  she they them his him her hers their theirs i me my mine you your yours we us our ours is am are was were be been
  being do does did done doing have has had having will would shall should can could may might must not no what when
  where who whom whose which why how there here`.split(/\s+/),
);

/** Articles, pronouns, prepositions, auxiliaries and question words: they say how a question is put, not what about. */
export function isFunctionWord(word: string): boolean {
  return functionWords.has(word);
}

const negatable = 'is are was were do does did has have had would could should'.split(' ');
const contracted = new Map([
  ...negatable.map((verb) => [`${verb}nt`, verb] as const),
  ['its', 'it'],
  ['cant', 'can'],
  ['cannot', 'can'],
  ['wont', 'will'],
  ['youre', 'you'],
  ['theyre', 'they'],
  ['youve', 'you'],
  ['weve', 'we'],
  ['theyve', 'they'],
]);

/** What is left of "dont" and "its" where the apostrophe is missing: the same as of "don't" and "it's". */
export function withApostrophe(word: string): string {
  return contracted.get(word) ?? word;
}
