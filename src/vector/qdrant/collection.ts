/** The requests that concern one collection, each with the schema of its answer. */
import * as z from 'zod';
import { secondLength } from '../../core/time/durations.ts';
import { type Payload, payloadIndexes } from './payload.ts';
import type { QdrantClient } from './qdrant-client.ts';
import { isFailure, QdrantError } from './qdrant-error.ts';

const writeTimeout = 60 * secondLength;

const information = z.object({
  config: z.object({
    params: z.object({
      // Named vectors are an object of such objects, and a collection without vectors has none.
      vectors: z.union([z.object({ size: z.number(), distance: z.string() }), z.record(z.string(), z.unknown())]),
    }),
  }),
  payload_schema: z.record(z.string(), z.object({ data_type: z.string() })),
});

export type CollectionInformation = z.output<typeof information>;

const record = z.object({ id: z.unknown(), payload: z.record(z.string(), z.unknown()).nullish() });
const records = z.array(record);
const hits = z.object({ points: z.array(record.extend({ score: z.number() })) });
const written = z.object({ status: z.string() });
const batchWritten = z.array(written.nullable());

export interface Hit {
  readonly score: number;
  readonly payload: Payload;
}

export interface Query {
  readonly query: readonly number[];
  readonly limit: number;
  readonly filter?: object | undefined;
  readonly params: { readonly exact: boolean };
  readonly with_payload: readonly string[];
}

export function openCollection(client: QdrantClient, name: string) {
  const path = `/collections/${encodeURIComponent(name)}`;

  async function write(method: 'PUT' | 'POST', below: string, body: object | string): Promise<void> {
    const { status } = await client.send(
      { method, path: `${path}${below}?wait=true`, body, timeoutMilliseconds: writeTimeout },
      written,
    );
    requireCompleted(status);
  }

  /** With `wait=true` anything else means that the change is not durable, or not to be seen yet. */
  function requireCompleted(status: string | undefined): void {
    if (status === 'completed') return;
    throw new QdrantError('away', `${client.name} did not finish a write in time (${status ?? 'no status'})`);
  }

  return {
    name,
    server: client.name,
    /** Undefined if there is no such collection. */
    async information(): Promise<CollectionInformation | undefined> {
      try {
        return await client.send({ method: 'GET', path }, information);
      } catch (error) {
        if (isFailure(error, 'missing')) return undefined;
        throw error;
      }
    },
    /** Makes the collection. It may be there already: another process may have been quicker. */
    async create(dimensions: number): Promise<void> {
      const body = { vectors: { size: dimensions, distance: 'Cosine' } };
      try {
        await client.send({ method: 'PUT', path, body, timeoutMilliseconds: writeTimeout }, z.literal(true));
      } catch (error) {
        if (!isFailure(error, 'exists')) throw error;
      }
    },
    /** Deletes the collection with everything in it. */
    async remove(): Promise<void> {
      await client.send({ method: 'DELETE', path, timeoutMilliseconds: writeTimeout }, z.boolean());
    },
    async createMissingIndexes(present: CollectionInformation['payload_schema']): Promise<void> {
      const missing = Object.entries(payloadIndexes).filter(([name, type]) => present[name]?.data_type !== type);
      await Promise.all(
        missing.map(([field_name, field_schema]) => write('PUT', '/index', { field_name, field_schema })),
      );
    },
    /** The payload of one point; undefined if there is no such point. */
    async payload(id: string): Promise<Payload | undefined> {
      const body = { ids: [id], with_payload: true };
      const [found] = await client.send({ method: 'POST', path: `${path}/points`, body }, records);
      return found === undefined ? undefined : (found.payload ?? {});
    },
    async count(filter: object): Promise<number> {
      const body = { filter, exact: true };
      const path_ = `${path}/points/count`;
      return (await client.send({ method: 'POST', path: path_, body }, z.object({ count: z.number() }))).count;
    },
    async query(body: Query): Promise<Hit[]> {
      const { points } = await client.send({ method: 'POST', path: `${path}/points/query`, body }, hits);
      return points.map(({ score, payload }) => ({ score, payload: payload ?? {} }));
    },
    /** `points` is the JSON of the points, ready to be sent. */
    upsert: (points: readonly string[]): Promise<void> => write('PUT', '/points', `{"points":[${points.join(',')}]}`),
    removePoints: (ids: readonly string[]): Promise<void> => write('POST', '/points/delete', { points: ids }),
    removeMatching: (filter: object): Promise<void> => write('POST', '/points/delete', { filter }),
    /** Replaces the named fields in the payload of all points that match. A null takes the field away. */
    async setPayloads(changes: readonly { readonly payload: Payload; readonly filter: object }[]): Promise<void> {
      const body = { operations: changes.map((change) => ({ set_payload: change })) };
      const path_ = `${path}/points/batch?wait=true`;
      const results = await client.send(
        { method: 'POST', path: path_, body, timeoutMilliseconds: writeTimeout },
        batchWritten,
      );
      for (const result of results) requireCompleted(result?.status);
    },
  };
}

export type Collection = ReturnType<typeof openCollection>;
