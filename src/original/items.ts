/**
 * The original system's inventory, as memories with the tag "item". Version 1 had a table of items and one of what is
 * held; version 2 had one table of both and one of equipment slots. Each item keeps its history of being worn as JSON.
 */
import { numberIn, tagsIn, wordsIn } from './cells.ts';
import { type ExtraReading, extraMemory, withoutBlanks } from './extra-memory.ts';
import type { OriginalDatabase } from './original-database.ts';
import type { OriginalMemory, Row } from './original-memory.ts';

/** What one item is, in either version. */
interface Item {
  readonly id: string;
  readonly name: string;
  readonly row: Row;
  /** Of the table of what is held. */
  readonly held: Row | undefined;
  readonly quantity: number;
  readonly slot: string | undefined;
  readonly history: readonly Row[];
}

export const itemTables = ['items', 'inventory', 'equipment_slots', 'equipment_history'];

export function readItems(database: OriginalDatabase, reading: ExtraReading): OriginalMemory[] {
  const isFirstVersion = database.columns('items').includes('item_id');
  const items = isFirstVersion ? readFirstVersion(database) : readSecondVersion(database);
  return items.map((item) => {
    const { id, name, row, held, quantity, slot, history } = item;
    const category = wordsIn(row.category);
    return extraMemory(
      {
        key: `item_${id}`,
        content: describe(item, category),
        tags: ['item', ...(category === undefined ? [] : [category]), ...tagsIn(row.tags)],
        created: [row.created_at, held?.acquired_at],
        updated: [row.updated_at, history.at(-1)?.timestamp, held?.acquired_at],
        kept: {
          item: name,
          quantity,
          equipped_slot: slot,
          ...withoutBlanks({ ...row, ...held }),
          history: history.map(withoutBlanks),
        },
      },
      reading,
    );
  });
}

/** Rows of the history that belong to no item, such as those of an unequipped slot. */
export function countLooseHistory(database: OriginalDatabase, items: readonly OriginalMemory[]): number {
  const attached = items.reduce((sum, { kept }) => sum + (Array.isArray(kept.history) ? kept.history.length : 0), 0);
  return database.rows('equipment_history').length - attached;
}

function readFirstVersion(database: OriginalDatabase): Item[] {
  const inventory = database.rows('inventory');
  const history = database.rows('equipment_history');
  return database.rows('items').flatMap((row) => {
    const [id, name] = [wordsIn(row.item_id), wordsIn(row.item_name)];
    if (id === undefined || name === undefined) return [];
    const held = inventory.find((candidate) => candidate.item_id === row.item_id);
    const equipped = numberIn(held?.is_equipped) === 1 ? wordsIn(held?.equipped_slot) : undefined;
    return {
      id,
      name,
      row,
      held,
      quantity: held === undefined ? 0 : (numberIn(held.quantity) ?? 1),
      slot: equipped,
      history: history.filter((entry) => entry.item_id === row.item_id),
    };
  });
}

function readSecondVersion(database: OriginalDatabase): Item[] {
  const slots = database.rows('equipment_slots');
  const history = database.rows('equipment_history');
  return database.rows('items').flatMap((row) => {
    const [id, name] = [wordsIn(row.id), wordsIn(row.name)];
    if (name === undefined) return [];
    return {
      id: id ?? name,
      name,
      row,
      held: undefined,
      quantity: numberIn(row.quantity) ?? 1,
      slot: wordsIn(slots.find(({ item_name }) => item_name === row.name)?.slot),
      history: history.filter(({ item_name }) => item_name === row.name),
    };
  });
}

/** A text that makes sense on its own and holds every word of the item. */
function describe({ name, row, quantity, slot }: Item, category: string | undefined): string {
  const description = wordsIn(row.description);
  const facts = [
    ...(category === undefined ? [] : [category]),
    quantity === 0 ? 'not held' : `quantity ${quantity}`,
    ...(slot === undefined ? [] : [`equipped: ${slot}`]),
  ];
  return `Item: ${name} (${facts.join(', ')})${description === undefined ? '' : `\n${description}`}`;
}
