/** The collection of a persona on a vector server, as far as changes of a persona concern it. */

export interface PersonaCollection {
  /** For messages: `the collection "memory_nilou" in Qdrant at localhost:6333`. */
  readonly title: string;
  /** Removes it if the state in it names this store. `kept` if it belongs to another store. */
  removeOf(storeId: string): Promise<'removed' | 'absent' | 'kept'>;
}

/** Undefined where the settings name no server. */
export type OpenPersonaCollection = (persona: string) => PersonaCollection | undefined;
