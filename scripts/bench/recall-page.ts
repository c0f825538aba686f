/**
 * docs/recall.md: the words around the tables, what was tried (`recall-tried.md`), and the tables that runs have left.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The page with the tables in `folder`: runs of all questions first, then the parts of the ranking. */
export function composePage(folder: string): string {
  const tried = readFileSync(join(import.meta.dirname, 'recall-tried.md'), 'utf8');
  const of = (kind: string) =>
    readdirSync(folder)
      .filter((name) => name.startsWith(`${kind}-`) && name.endsWith('.md'))
      .sort()
      .map((name) => readFileSync(join(folder, name), 'utf8').trim());
  const parts = of('parts');
  return [
    introduction.trim(),
    tried.trim(),
    '## Tables',
    ...of('run'),
    ...(parts.length === 0 ? [] : ['## The parts, one at a time', partsIntroduction, ...parts]),
    '',
  ].join('\n\n');
}

const partsIntroduction =
  'Each part of the ranking left out, or a constant changed, against the ranking as it is: the same questions to the same ' +
  'stores, the mean difference in points with its paired 95 % interval, and in brackets the same for the half on which ' +
  'parameters were chosen and for the other. Bold is beyond noise: there the part earns its place, or with a plus does harm.';

const introduction = `# How well memories are found

Made by \`npm run bench -- recall --page docs/recall.md\`: the question sets are imported through \`memory_create\`, one memory after another, and asked through \`memory_search\`, in one process without a transport. What the models answered is kept in \`.cache/vectors\`, by the hash of the text, and used again by the next run. A run writes files for an independent scorer into \`.cache/bench/recall\`. The sets are public Japanese and English retrieval sets and are not part of this repository; \`--sets\` names a folder of others, and \`--own\` measures on your own memories without printing any of their text.

## What a search does

1. **Words.** Texts become terms: pairs of characters and single kanji in Japanese, words without inflection in English, with width, case, accents and the two kana folded. Other spellings of a word count as well: e-mail and email, 16GB and 16 GB, old forms of kanji, figures in kanji before a counter, and a list of animals, plants, food and everyday words that are written in kanji and kana alike. A memory that shares only letters of a katakana or Latin word is not found by it. The rarest terms of a question propose memories from the full-text index; their texts are scored by BM25, as a share of the best score that the question could reach (\`why.text\`).
2. **Meaning.** The question's vector is held against every memory's, exactly. How a text becomes a vector is the model's to say; where it asks for a mean and for a prompt before each text, the prompt's words are left out of the mean and the text's own weigh more the less they are like the others (\`embeddings_pooling: content_mean\`), unless the model's files want the prompt in. What counts is how many deviations a memory stands above what is usual for this question in this store and language, not the cosine itself. With 128 memories or more it is read twice, the second time without the mean and the strongest directions that all memories of the store share, and the two are averaged.
3. **One order.** deviations + 18 × (share of the words)^1.5. Scores are mixed, not ranks. Words that single out nothing weigh less: where the tenth best memory by words holds more than 0.4 of what the best holds, that much is taken from the 18, twice as much where neighbours have nothing to do with each other. By words alone it is 12 throughout. The best 50 are looked at more closely: words that stand together in the question and in the text add to the share, and so do, for less, words that the text lacks and the two memories written just before it in the same sitting hold, since an answer often does not repeat what it was asked. Importance and age settle near ties.
4. **Turns.** Where meaning is searched, memories within two of a good one in the same sitting become candidates themselves, if they pass the filters. They get a share of its relevance: three tenths, a half from a question to what follows it. By words alone only memories that hold a word are candidates, and lend each other a tenth. A memory that ends in a question loses 1.5 deviations, since it says less than what follows it; one whose speaker (\`Name:\` at its beginning) the question names gains 2. How much is taken from neighbours depends on the store: where memories written one after the other share no more words than any two, nothing is. That is measured on a sample, and again when the store has grown by a quarter.
5. **Dates.** A question that names a day, a month, a season or a time like "last week" or 去年の夏 prefers what happened then (\`occurred_at\`, else when it was stored): a memory gains 3 deviations inside the date, and half of that three days or half the length of the date away. That only adds: nothing is hidden, and what is nearer by its words and meaning may still lead. Of the 867 questions of locomo 120 name a date. Without it R@5 falls by 3.2 [2.2, 4.4] on locomo with multilingual-e5-small and R@1 by 2.1 [1.3, 3.0]; of the 120 by 24.3 and 15.9 on the half on which the weight was chosen, by 21.9 and 14.0 on the other. jsts_para, rpc_chat and rpc_para are untouched by it.
6. **Trust.** A model is measured once with sixteen questions whose answers are known, in Japanese and English. Where it guesses, its deviations count for almost nothing, so that a weak model does not drown good words.
7. **Reranking.** With a reranker, the best candidates are read together with the question: in each the passage that was found, around the words of the question or where the nearest chunk begins. The score of the reranker makes up 0.3 of the order, 0.6 where words alone were searched; it does not replace what the search knows. A search waits 0.7 seconds for it, and what it has read by then counts (\`why.rerank\`). It is asked only in the languages that it was trained on, as far as they are known, and leaves the first of a \`strong\` answer where it is. Its scores for the first four also have a vote in how sure an answer is; see below.

## What \`strength\` means

\`weak\` is the normal state. \`strong\`: the best memory leads the second clearly, by 2.5 deviations and 27 % of its own score, and words and meaning agree on it: it holds a quarter of the question's words, more than any other memory, and none lies clearly nearer by meaning. Where words cannot tell, across languages and where no memory holds one, it has to lie as near as an answer does. By words alone, or with a model that guesses, the lead has to be 57 % of its score. \`none\`: there is no result, or every result lies far from the question and shares few of its words. How far is far depends on whether it stands out: half of its lead by meaning over the tenth best, in deviations, is added to its nearness, since many memories that lie equally near are a sign of none that answers. Where words alone were searched and found nothing, it is still \`weak\` if there are memories in another language, which words cannot find, and while the model is being loaded, has failed or has not embedded every memory yet: then one that was not looked at may be the answer, and \`degraded_reason\` says why. Where filters hide a better answer than they let through, it is not \`none\` either: \`without_filters\` says how many memories there are without them, and \`nearest_tags\` which tags come near.

A reranker has a vote in both. Rerankers differ in what they give the same pair, so its scale is measured like that of a model, with the same sixteen questions, in the background after the first search in a language: 0 is what it gives a question and the answer to another one, 1 a question and its own answer, in log odds. One that guesses has no vote, nor has any across languages, where it told no more than nearness. Half of what the best of its first four readings lies above 0.5 is added to what the limit of \`none\` is compared with. \`strong\` is not said where it reads a better answer in another of the four, or none in the first; by words alone a lead of one deviation is enough where its reading of the first is at least 2 and as far ahead of the others.

\`total\` counts the memories that hold a word of the question or lie nearer than the limit of \`none\`. The first page may be filled up with others; \`next_cursor\` leads to no page of them.

How far is read on the model's own measured scale. On it, a memory's *nearness* is 0 where its cosine is that of a question and the answer to another one, and 1 where it is that of a question and its own answer; \`memory_stats\` shows the scale (\`measured\`), \`recall_explain\` the nearness of a memory. The limit is 1.4, and 1.3 across languages; in a store of less than ten memories nothing can stand out, and it is 0.85 and 0.4 of nearness alone. A model that guesses in the languages at hand has no scale, and then \`none\` is never said because of distance. \`calibration\` says what the judgement rests on: the measured model, a sample of the memories, or neither.

\`none\` says that the subject never came up. It cannot say that one detail of a subject was never told: questions that their own store cannot answer lie as near to its memories as the others do, and no signal that was looked at tells them apart. So \`none\` means "this was never a subject", and \`weak\` never means "here is the answer".

## How the tables are to be read

The sets were asked at most 200 questions of a store, locomo and the rpc sets all of theirs; with a reranker 60, of which it read the first four results instead of twenty. Those four are what its vote rests on, and R@5 cannot change with them. The first 200 questions of jsts_para are harder than the others: of all 400, 73 of 80 answers called \`strong\` were right in the laboratory of the vote. With a reranker rpc_para, where \`none\` is least right, was asked all of its 108 questions once more, beside three other sets that are strangers to it. all-MiniLM-L6-v2, which knows English alone, was asked on locomo and, to see that it is not trusted in Japanese, on rpc_para. Not measured again: the laboratory below, which is of an earlier ranking; the order of a reranker that reads twenty; \`--without all\` through the whole search.

R@k is the share of the relevant memories among the first k, in percent, with a bootstrap interval for R@5. Parameters were chosen on one half of each set's questions; "reported half" is the other half, by the hash of the question's id. The limits of \`none\` and \`strong\` were settled among near equals after a look at all questions.

The tables of strength show, beside each set's questions to its own store, what the server says to questions for strangers: up to 100 questions of each set, each put to one store per language among the other sets and to one other store of its own set, taking turns. A stranger is a store that shares no text, no speaker and no title with the one that can answer. There every \`strong\` is wrong and every \`none\` is right; with an answerable question it is the other way round.

Beside them stands, for the languages taken alone, what \`none\` is worth where answerable questions and those of strangers are equally many, with a bootstrap interval.\n\nThe curves show what \`none\` would be worth if it were said up to a limit of nearness alone, without regard to what stands out, on the reported half, all sets counting alike. *Caught*: questions for strangers that would be called none. *Lost*: answerable questions that would be, and beside it those among them whose answer stood among the first five, which is the recall that is really lost. *Right*: the share of \`none\` that is true where questions of both kinds are equally many. The last row is what the server said. A question is judged by the first page of its results, at most 50, as \`why\` shows them.
`;
