/**
 * The index for `storage_backend: qdrant`: one collection per persona on a Qdrant server. The memories stay in SQLite.
 * Everything in the collection can be written once more from there, except what is not of this store: that is never
 * touched.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../../core/clock.ts';
import { MemoryMcpError } from '../../core/errors.ts';
import type { Memory, MemoryKey } from '../../core/memory.ts';
import { isProcessAlive } from '../../core/process-alive.ts';
import { secondLength } from '../../core/time/durations.ts';
import {
  type IdFingerprint,
  type Ranked,
  unitVector,
  type VectorChange,
  type VectorFilter,
  type VectorId,
  type VectorSpace,
} from '../../core/vector.ts';
import type { InterruptedRebuild, StorePlace, VectorIndex } from '../vector-index.ts';
import { type Collection, type CollectionInformation, openCollection } from './collection.ts';
import { type CollectionState, stateSchema } from './collection-state.ts';
import { filterOf, type Payload, payloadOf } from './payload.ts';
import { pointIdOf, statePointId } from './point-id.ts';
import type { QdrantClient } from './qdrant-client.ts';
import { isFailure, QdrantError } from './qdrant-error.ts';

export interface QdrantIndexDeps {
  readonly space: VectorSpace;
  readonly place: StorePlace;
  /** Its name. */
  readonly collection: string;
  readonly client: QdrantClient;
  readonly clock: Clock;
  /** Up to this many vectors every one is compared; above, HNSW proposes. */
  readonly exactLimit?: number;
}

/** Qdrant refuses requests above 32 MiB. */
const requestBytes = 8 * 2 ** 20;
const requestPoints = 256;
const requestPayloads = 100;
/** Results beyond the limit, among which equal scores may hide. */
const tieMargin = 16;
/** More equal scores than this are cut in Qdrant's order. */
const tieLimit = 16_384;
const recountMilliseconds = 10 * secondLength;
/** A rebuild that has written nothing for this long has died with its process. */
const rebuildLease = 30 * secondLength;
/** Names this process among those that may be filling a collection. */
const ownProcess = { host: hostname(), pid: process.pid, id: randomUUID() };

/**
 * Opens the persona's collection, or makes it. `conflict` for one that holds anything that is not of this store;
 * `backend_unavailable` while Qdrant is away.
 */
export async function openQdrantIndex(deps: QdrantIndexDeps): Promise<VectorIndex> {
  const index = new QdrantIndex(deps);
  await index.prepare();
  return index;
}

class QdrantIndex implements VectorIndex {
  readonly space: VectorSpace;
  readonly engine = 'qdrant';
  readonly #place: StorePlace;
  readonly #collection: Collection;
  readonly #clock: Clock;
  readonly #exactLimit: number;
  #counted = { vectors: 0, at: Number.NEGATIVE_INFINITY };
  #closed = false;

  constructor({ space, place, collection, client, clock, exactLimit = 50_000 }: QdrantIndexDeps) {
    this.space = space;
    this.#place = place;
    this.#collection = openCollection(client, collection);
    this.#clock = clock;
    this.#exactLimit = exactLimit;
  }

  async prepare(): Promise<void> {
    const information = await this.#collection.information();
    if (information === undefined) return await this.#create(undefined);
    const state = await this.#readState();
    if (state === undefined) {
      // Made by this program and not begun, or by somebody else.
      this.#requireShape(information);
      await this.#requireNoStrangers();
      await this.#writeState({ generation: 0 });
    } else {
      await this.#requireNoStrangers();
      // A store that has moved to another space gets another epoch, and resets the collection. Otherwise two spaces meet.
      if (state.epoch === this.#place.epoch) this.#requireSpace(state);
      if (state.space === this.space.id) this.#requireShape(information);
    }
    await this.#collection.createMissingIndexes(information.payload_schema);
  }

  async apply(changes: readonly VectorChange[], generation: number): Promise<void> {
    this.#requireOpen();
    const { puts, drops, memories } = this.#finalChanges(changes);
    const state = await this.#requireState();
    const { rebuild } = state;
    if (rebuild !== undefined && rebuild.by.id !== ownProcess.id) throw this.#beingRebuilt();
    await this.#putAndDrop(puts, drops);
    await this.#setPayloads(memories);
    const next = Math.max(generation, state.generation);
    const after = puts.reduce((highest, { vectorId }) => Math.max(highest, vectorId), rebuild?.after ?? 0);
    await this.#writeState({
      generation: next,
      rebuild: rebuild !== undefined && next === 0 ? { ...rebuild, at: this.#now(), after } : undefined,
    });
  }

  async nearest(query: Float32Array, limit: number, filter?: VectorFilter): Promise<readonly Ranked[]> {
    this.#requireOpen();
    const vector = numbersOf(unitVector(query, this.space.dimensions));
    if (limit < 1) return [];
    const exact = (await this.#vectorCount()) < this.#exactLimit;
    for (let asked = limit + tieMargin; ; asked *= 2) {
      const hits = await this.#collection.query({
        query: vector,
        limit: asked,
        filter: filter === undefined ? undefined : filterOf(filter.predicate),
        params: { exact },
        with_payload: ['store_id', 'vector_id'],
      });
      const last = hits.at(-1);
      const cut = hits[limit - 1];
      const isCutInTies = hits.length === asked && cut !== undefined && last?.score === cut.score;
      if (isCutInTies && asked < tieLimit) continue;
      return hits
        .flatMap(({ payload, score }) => {
          const { store_id, vector_id } = payload;
          return store_id === this.#place.storeId && typeof vector_id === 'number' ? [{ id: vector_id, score }] : [];
        })
        .sort((one, other) => other.score - one.score || one.id - other.id)
        .slice(0, limit);
    }
  }

  async size(): Promise<number> {
    return await this.#collection.count(this.#ownVectors());
  }

  /** Qdrant cannot tell cheaply. */
  async fingerprint(): Promise<IdFingerprint | undefined> {
    return undefined;
  }

  async appliedGeneration(): Promise<number> {
    const state = await this.#readState();
    if (state === undefined || state.epoch !== this.#place.epoch) return 0;
    this.#requireSpace(state);
    const { generation, tag } = state;
    return generation === 0 || this.#place.tagOf(generation) === tag ? generation : 0;
  }

  async reset(target = 0): Promise<void> {
    this.#requireOpen();
    const information = await this.#collection.information();
    const target_tag = this.#place.tagOf(target) ?? '';
    const begun = { by: ownProcess, at: this.#now(), after: 0, target, target_tag };
    if (information === undefined) return await this.#create(begun);
    const state = await this.#readState();
    if (this.#isHeld(state?.rebuild)) throw this.#beingRebuilt();
    await this.#requireNoStrangers();
    if (shapeOf(information) === this.#shape()) {
      await this.#writeState({ generation: 0, rebuild: begun });
      await this.#collection.removeMatching(this.#ownVectors());
    } else if (state === undefined) {
      this.#requireShape(information);
    } else {
      // The store has moved on to another model. Every point is its own, and can be written once more.
      await this.#collection.remove();
      await this.#create(begun);
    }
    this.#counted = { vectors: 0, at: this.#clock.monotonic() };
  }

  async resume(): Promise<InterruptedRebuild | undefined> {
    this.#requireOpen();
    const state = await this.#readState();
    const rebuild = state?.rebuild;
    if (state === undefined || rebuild === undefined || state.epoch !== this.#place.epoch) return undefined;
    if (this.#isHeld(rebuild)) throw this.#beingRebuilt();
    const { after, target, target_tag } = rebuild;
    if (target === 0 || this.#place.tagOf(target) !== target_tag) return undefined;
    await this.#writeState({ generation: 0, rebuild: { ...rebuild, by: ownProcess, at: this.#now() } });
    return { after, target };
  }

  async flush(): Promise<void> {
    // Every write has waited until Qdrant had it on disk.
    this.#requireOpen();
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async #create(rebuild: CollectionState['rebuild']): Promise<void> {
    await this.#collection.create(this.space.dimensions);
    const information = await this.#collection.information();
    if (information === undefined) throw new QdrantError('away', `The new collection ${this.#quoted()} is gone`);
    this.#requireShape(information);
    await this.#readState();
    await this.#writeState({ generation: 0, rebuild });
    await this.#collection.createMissingIndexes(information.payload_schema);
  }

  /** What a sequence of changes comes to. The order of what is left makes no difference. */
  #finalChanges(changes: readonly VectorChange[]) {
    const points = new Map<string, { point: Point } | 'drop'>();
    /** The fields of memories that must reach points of before, too. */
    const memories = new Map<MemoryKey, Memory>();
    for (const change of changes) {
      if (change.op === 'payload') {
        memories.set(change.key, change.memory);
        continue;
      }
      const id = pointIdOf(change.key, change.chunk);
      // A point that is put again must take its place in the order of the changes.
      points.delete(id);
      if (change.op === 'drop') points.set(id, 'drop');
      else {
        const vector = unitVector(change.vector, this.space.dimensions);
        const { memory } = change;
        points.set(id, { point: { id, vectorId: change.id, chunk: change.chunk, vector, memory } });
        if (memories.has(change.key)) memories.set(change.key, memory);
      }
    }
    const puts: Point[] = [];
    const drops: string[] = [];
    for (const [id, change] of points) {
      if (change === 'drop') drops.push(id);
      else puts.push(change.point);
    }
    return { puts, drops, memories };
  }

  async #putAndDrop(puts: readonly Point[], drops: readonly string[]): Promise<void> {
    for (let from = 0; from < drops.length; from += requestPoints) {
      await this.#collection.removePoints(drops.slice(from, from + requestPoints));
    }
    let batch: string[] = [];
    let bytes = 0;
    const send = async () => {
      if (batch.length > 0) await this.#collection.upsert(batch);
      batch = [];
      bytes = 0;
    };
    for (const point of puts) {
      const json = this.#pointJson(point);
      const length = Buffer.byteLength(json);
      if (bytes + length > requestBytes || batch.length === requestPoints) await send();
      batch.push(json);
      bytes += length;
    }
    await send();
  }

  #pointJson({ id, vectorId, chunk, vector, memory }: Point): string {
    const own = { store_id: this.#place.storeId, vector_id: vectorId, chunk };
    const payload = withoutNulls({ ...own, ...payloadOf(memory, chunk === 0 ? 'first' : 'later') });
    return JSON.stringify({ id, vector: numbersOf(vector), payload });
  }

  async #setPayloads(memories: ReadonlyMap<MemoryKey, Memory>): Promise<void> {
    const changes = Array.from(memories, ([key, memory]) => ({
      // A text that changes gets new vectors: points that stay have the text already.
      payload: payloadOf(memory, 'later'),
      filter: { must: [{ key: 'key', match: { value: key } }, ...this.#ownVectors().must] },
    }));
    for (let from = 0; from < changes.length; from += requestPayloads) {
      await this.#collection.setPayloads(changes.slice(from, from + requestPayloads));
    }
  }

  /** The state; undefined if the collection is missing or empty. `conflict` if it is not this store's. */
  async #readState(): Promise<CollectionState | undefined> {
    let payload: Payload | undefined;
    try {
      payload = await this.#collection.payload(statePointId);
    } catch (error) {
      if (isFailure(error, 'missing')) return undefined;
      throw error;
    }
    if (payload === undefined) return undefined;
    const state = stateSchema.safeParse(payload).data;
    if (state?.store_id === this.#place.storeId) return state;
    throw this.#foreign(
      state === undefined
        ? 'has a state that this version cannot read'
        : `belongs to another store (${state.store_id}; this one is ${this.#place.storeId})`,
    );
  }

  async #requireState(): Promise<CollectionState> {
    const state = await this.#readState();
    if (state !== undefined) return state;
    throw new QdrantError('missing', `The collection ${this.#quoted()} is gone or was emptied`, {
      hint: 'The next search fills it from memory.sqlite.',
    });
  }

  async #writeState({ generation, rebuild }: Pick<CollectionState, 'generation' | 'rebuild'>): Promise<void> {
    const state: CollectionState = {
      kind: 'memory-mcp collection state',
      store_id: this.#place.storeId,
      epoch: this.#place.epoch,
      space: this.space.id,
      generation,
      tag: this.#place.tagOf(generation) ?? '',
      rebuild,
    };
    await this.#collection.upsert([JSON.stringify({ id: statePointId, vector: {}, payload: state })]);
  }

  /** How many vectors there are, as of a moment ago. */
  async #vectorCount(): Promise<number> {
    if (this.#clock.monotonic() - this.#counted.at > recountMilliseconds) {
      this.#counted = { vectors: await this.size(), at: this.#clock.monotonic() };
    }
    return this.#counted.vectors;
  }

  #ownVectors() {
    return {
      must: [{ key: 'store_id', match: { value: this.#place.storeId } }],
      must_not: [{ has_id: [statePointId] }],
    };
  }

  async #requireNoStrangers(): Promise<void> {
    const strangers = await this.#collection.count({
      must_not: [{ key: 'store_id', match: { value: this.#place.storeId } }, { has_id: [statePointId] }],
    });
    if (strangers > 0) throw this.#foreign(`holds ${strangers} points that are not of this store`);
  }

  #foreign(what: string): MemoryMcpError {
    return new MemoryMcpError('conflict', `The collection ${this.#quoted()} ${what}`, {
      hint: 'It was left untouched. Set qdrant_collection_prefix to a prefix of your own, or delete the collection if nothing needs it.',
    });
  }

  #requireShape(information: CollectionInformation): void {
    const shape = shapeOf(information);
    if (shape === this.#shape()) return;
    throw new MemoryMcpError(
      'conflict',
      `The collection ${this.#quoted()} has ${shape}, and the model ${this.space.id} needs ${this.#shape()}`,
      {
        hint: 'It was left untouched. Set qdrant_collection_prefix to a prefix of your own, or delete the collection if nothing needs it.',
      },
    );
  }

  #requireSpace({ space }: CollectionState): void {
    if (space === this.space.id) return;
    throw new MemoryMcpError(
      'conflict',
      `The collection ${this.#quoted()} holds vectors of ${space}, and this store searches with ${this.space.id}`,
      {
        hint: 'It was left untouched. Set embeddings_model to that model, or qdrant_collection_prefix to another prefix.',
      },
    );
  }

  #beingRebuilt(): MemoryMcpError {
    return new MemoryMcpError('busy', `Another process is filling the collection ${this.#quoted()}`);
  }

  #shape(): string {
    return describeShape(this.space.dimensions, 'Cosine');
  }

  #quoted(): string {
    return `"${this.#collection.name}" in ${this.#collection.server}`;
  }

  /** Whether another process is at it. One that has died, or that has stopped writing, is not. */
  #isHeld(rebuild: CollectionState['rebuild']): boolean {
    if (rebuild === undefined || rebuild.by.id === ownProcess.id) return false;
    const { host, pid } = rebuild.by;
    if (host === ownProcess.host && !isProcessAlive(pid)) return false;
    return Math.abs(this.#clock.now().getTime() - Date.parse(rebuild.at)) < rebuildLease;
  }

  #now(): string {
    return this.#clock.now().toISOString();
  }

  #requireOpen(): void {
    if (this.#closed) throw new MemoryMcpError('internal', 'The vector index is closed');
  }
}

interface Point {
  readonly id: string;
  readonly vectorId: VectorId;
  readonly chunk: number;
  readonly vector: Float32Array;
  readonly memory: Memory;
}

function shapeOf({ config: { params } }: CollectionInformation): string {
  const { size, distance } = params.vectors;
  if (typeof size === 'number' && typeof distance === 'string') return describeShape(size, distance);
  const names = Object.keys(params.vectors);
  return names.length === 0 ? 'no vectors' : `vectors named ${names.join(', ')}`;
}

function describeShape(size: number, distance: string): string {
  return `vectors of ${size} dimensions compared by ${distance}`;
}

/** Nine digits are enough for a float32, and half as long as its digits as a double. */
function numbersOf(vector: Float32Array): number[] {
  return Array.from(vector, (value) => Number(value.toPrecision(9)));
}

function withoutNulls(payload: Payload): Payload {
  return Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== null));
}
