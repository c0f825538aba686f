/**
 * Which languages a model can know, judged by its vocabulary, for models that no preset describes. A tokenizer without
 * Japanese words was not trained on Japanese, and its vectors of Japanese text are noise.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelLanguages } from './presets.ts';

/** Words of two and more characters; single characters stand in most vocabularies without meaning anything. */
const japaneseWords = /"(?:▁|##|Ġ)?[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}ー]{2,}"/gu;
const englishWords = /"(?:▁|##|Ġ)?[a-z]{3,}"/g;
/** A vocabulary with fewer has them by accident. An English one that was looked at has none, a multilingual one 12,000. */
const enoughWords = 300;

/** Undefined where the vocabulary has no words at all, as one of bytes or characters. */
export async function languagesOfVocabulary(folder: string): Promise<ModelLanguages | undefined> {
  const vocabulary = await readFile(join(folder, 'tokenizer.json'), 'utf8');
  const japanese = hasWords(vocabulary, japaneseWords);
  const english = hasWords(vocabulary, englishWords);
  if (japanese) return english ? 'multilingual' : 'ja';
  return english ? 'en' : undefined;
}

function hasWords(vocabulary: string, words: RegExp): boolean {
  let count = 0;
  for (const _ of vocabulary.matchAll(words)) {
    count++;
    if (count === enoughWords) return true;
  }
  return false;
}
