/**
 * What neighbours are worth in an order that says nothing: the same memories, stored in their own order and in a random
 * one, each asked with and without what is taken from neighbours.
 */
import { type FillOptions, fillStores, type Run } from './recall-answers.ts';
import { type QuestionSet, shuffleSets } from './recall-sets.ts';
import { renderDifferences, variantWithout } from './recall-variants.ts';

export async function measureOrder(
  each: Run,
  sets: readonly QuestionSet[],
  how: FillOptions,
  say: (text: string) => void,
): Promise<void> {
  const own = await askBoth(each, sets, how);
  const random = await askBoth(each, shuffleSets(sets), how);
  const tell = (what: string, table: string) => say(`**${each.label}: ${what}**\n\n${table}`);
  tell('random order − its own order without neighbours', renderDifferences(own.without, random.usual));
  tell('random order − random order without neighbours', renderDifferences(random.without, random.usual));
  tell('its own order − its own order without neighbours', renderDifferences(own.without, own.usual));
}

async function askBoth({ modes, ...each }: Run, sets: readonly QuestionSet[], how: FillOptions) {
  const stores = await fillStores(each, sets, how);
  try {
    const asked = { modes, strangers: false };
    const usual = await stores.ask(asked);
    const { ranking } = variantWithout('neighbors');
    return { usual, without: await stores.ask({ ...asked, ranking }) };
  } finally {
    await stores.close();
  }
}
