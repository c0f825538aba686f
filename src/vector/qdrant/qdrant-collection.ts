/** A collection in Qdrant, seen as memories: of this store, of another one, or of the original system. */
import * as z from 'zod';
import { secondLength } from '../../core/time/durations.ts';
import type {
  ChunkName,
  CollectionDescription,
  CollectionMemory,
  CollectionPage,
  MemoryCollection,
  StoredChunk,
} from '../memory-collection.ts';
import { openCollection } from './collection.ts';
import { stateSchema } from './collection-state.ts';
import { idJson, LongNumber } from './lossless-json.ts';
import { memoryOfPayload, type PayloadReading } from './memory-of-payload.ts';
import type { Payload } from './payload.ts';
import { pointIdOf, statePointId } from './point-id.ts';
import type { QdrantClient } from './qdrant-client.ts';

export interface QdrantCollectionDeps {
  readonly client: QdrantClient;
  /** The collection. */
  readonly name: string;
  readonly reading: PayloadReading;
}

const pageLength = 256;
const readTimeout = 60 * secondLength;

type PointId = z.output<typeof pointId>;

const pointId = z.union([z.instanceof(LongNumber), z.number(), z.string()]);
const payload = z.record(z.string(), z.unknown());
const outlines = z.object({
  points: z.array(z.object({ id: pointId, payload: payload.nullish() })),
  next_page_offset: pointId.nullish(),
});
const points = z.array(z.object({ id: pointId, payload: payload.nullish(), vector: z.unknown().optional() }));

interface Point {
  readonly id: PointId;
  readonly payload: Payload;
  /** Undefined for a point without a vector, with named ones, or with one that holds NaN, which is written as null. */
  readonly vector: Float32Array | undefined;
}

export function openQdrantCollection({ client, name, reading }: QdrantCollectionDeps): MemoryCollection {
  const collection = openCollection(client, name);
  const path = `/collections/${encodeURIComponent(name)}/points`;
  const title = `"${name}" in ${client.name}`;

  async function describe(): Promise<CollectionDescription | undefined> {
    const information = await collection.information();
    if (information === undefined) return undefined;
    const count = await collection.count({ must_not: [{ has_id: [statePointId] }] });
    const state = stateSchema.safeParse(await collection.payload(statePointId)).data;
    const { size } = information.config.params.vectors;
    const complete = state !== undefined && state.rebuild === undefined && typeof size === 'number';
    return { points: count, space: complete ? { id: state.space, dimensions: Number(size) } : undefined };
  }

  /** The points of first chunks, oldest first: one id and one time each, which is all that is held of them. */
  async function listPoints(): Promise<PointId[]> {
    const found: { id: PointId; at: string }[] = [];
    for (let offset: PointId | undefined; ; ) {
      const body = `{"limit":${pageLength * 4},"with_payload":["key","created_at","chunk"]${
        offset === undefined ? '' : `,"offset":${idJson(offset)}`
      }}`;
      const page = await client.send(
        { method: 'POST', path: `${path}/scroll`, body, lossless: true, timeoutMilliseconds: readTimeout },
        outlines,
      );
      for (const { id, payload: fields } of page.points) {
        const { key, created_at, chunk } = fields ?? {};
        if (id === statePointId || (typeof chunk === 'number' && chunk > 0)) continue;
        found.push({ id, at: `${String(created_at ?? '')} ${String(key ?? '')}` });
      }
      if (page.next_page_offset == null) break;
      offset = page.next_page_offset;
    }
    return found.sort((one, other) => (one.at < other.at ? -1 : 1)).map(({ id }) => id);
  }

  async function readPoints(ids: readonly PointId[]): Promise<Point[]> {
    if (ids.length === 0) return [];
    const body = `{"ids":[${ids.map(idJson).join(',')}],"with_payload":true,"with_vector":true}`;
    const found = await client.send(
      { method: 'POST', path, body, lossless: true, timeoutMilliseconds: readTimeout },
      points,
    );
    return found.map(({ id, payload: fields, vector }) => ({
      id,
      payload: fields ?? {},
      vector: unnamedVector(vector),
    }));
  }

  /** The vectors of memories in the order of their chunks. `firsts` are the points of first chunks. */
  async function vectorsOf(firsts: ReadonlyMap<string, Point>): Promise<Map<string, Float32Array[]>> {
    const vectors = new Map<string, Float32Array[]>();
    let level = new Map(
      [...firsts].flatMap(([key, { vector }]) => (vector === undefined ? [] : [[key, vector] as const])),
    );
    for (let chunk = 1; level.size > 0; chunk++) {
      for (const [key, vector] of level) vectors.set(key, [...(vectors.get(key) ?? []), vector]);
      const names = new Map([...level.keys()].map((key) => [pointIdOf(key, chunk), key] as const));
      const next = new Map<string, Float32Array>();
      for (const { id, vector } of await readPoints([...names.keys()])) {
        const key = names.get(String(id));
        if (key !== undefined && vector !== undefined) next.set(key, vector);
      }
      level = next;
    }
    return vectors;
  }

  async function* pages(): AsyncGenerator<CollectionPage> {
    const hasSpace = (await describe())?.space !== undefined;
    const ids = await listPoints();
    for (let done = 0; done < ids.length; done += pageLength) {
      const wanted = ids.slice(done, done + pageLength);
      const byId = new Map((await readPoints(wanted)).map((point) => [idJson(point.id), point]));
      const memories = new Map<string, { memory: CollectionMemory['memory']; point: Point }>();
      const skipped: { point: string; reason: string }[] = [];
      for (const id of wanted) {
        const point = byId.get(idJson(id));
        // Deleted since the list was made.
        if (point === undefined) continue;
        const memory = memoryOfPayload(point.payload, reading);
        if ('reason' in memory) skipped.push({ point: idJson(id), reason: memory.reason });
        else memories.set(memory.key, { memory, point });
      }
      const firsts = new Map(hasSpace ? [...memories].map(([key, { point }]) => [key, point]) : []);
      const vectors = await vectorsOf(firsts);
      yield {
        memories: [...memories.values()].map(({ memory }) => ({ memory, vectors: vectors.get(memory.key) ?? [] })),
        skipped,
        done: Math.min(done + pageLength, ids.length),
        total: ids.length,
      };
    }
  }

  async function read(chunks: readonly ChunkName[]): Promise<(StoredChunk | undefined)[]> {
    const ids = chunks.map(({ key, chunk }) => pointIdOf(key, chunk));
    const byId = new Map((await readPoints(ids)).map((point) => [String(point.id), point]));
    return ids.map((id) => {
      const point = byId.get(id);
      if (point?.vector === undefined) return undefined;
      const memory = memoryOfPayload(point.payload, reading);
      return { memory: 'reason' in memory ? undefined : memory, vector: point.vector };
    });
  }

  return { title, describe, pages, read };
}

const numbers = z.array(z.number());

function unnamedVector(vector: unknown): Float32Array | undefined {
  const parsed = numbers.safeParse(vector);
  return parsed.success ? Float32Array.from(parsed.data) : undefined;
}
