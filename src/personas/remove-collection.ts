/** Removes the collection of a persona that is gone, where it is of the same store, and says what became of it. */
import { reasonOf } from '../core/errors.ts';
import type { PersonaCollection } from './persona-collection.ts';

export interface CollectionOutcome {
  readonly collection: string;
  readonly state: 'removed' | 'absent' | 'kept';
  /** Why it was kept. */
  readonly reason?: string | undefined;
}

/** Never fails: the persona itself has changed by now, and a collection that is left can be deleted by hand. */
export async function removeCollection(
  collection: PersonaCollection | undefined,
  storeId: string | undefined,
): Promise<CollectionOutcome | undefined> {
  if (collection === undefined || storeId === undefined) return undefined;
  const { title } = collection;
  try {
    const state = await collection.removeOf(storeId);
    return { collection: title, state, reason: state === 'kept' ? 'it belongs to another store' : undefined };
  } catch (error) {
    return { collection: title, state: 'kept', reason: reasonOf(error) };
  }
}
