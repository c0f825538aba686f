/** Removes the collection of a store, and only if the state in it says that it is of that store. */
import { openCollection } from './collection.ts';
import { stateSchema } from './collection-state.ts';
import { statePointId } from './point-id.ts';
import type { QdrantClient } from './qdrant-client.ts';
import { isFailure } from './qdrant-error.ts';

export async function removeOwnCollection(
  client: QdrantClient,
  name: string,
  storeId: string,
): Promise<'removed' | 'absent' | 'kept'> {
  const collection = openCollection(client, name);
  try {
    const state = stateSchema.safeParse(await collection.payload(statePointId)).data;
    if (state?.store_id !== storeId) return 'kept';
    await collection.remove();
    return 'removed';
  } catch (error) {
    if (isFailure(error, 'missing')) return 'absent';
    throw error;
  }
}
