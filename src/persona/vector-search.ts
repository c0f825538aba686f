/**
 * How searches reach the vector index of a workspace. An index in this process is brought up to date and asked. One on a
 * server may be away, slow or still being filled: then a search is answered from the vectors of this machine where they
 * are few, or told why there is no answer, and the index catches up later.
 */

import { MemoryMcpError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { secondLength } from '../core/time/durations.ts';
import { withinTime } from '../core/time/within-time.ts';
import type { Ranked, VectorFilter, VectorSpace } from '../core/vector.ts';
import type { MemoryStore } from '../store/memory-store.ts';
import type { IndexServer, VectorIndex } from '../vector/vector-index.ts';
import type { IndexSync } from './index-sync.ts';

export interface VectorSearchDeps {
  readonly store: MemoryStore;
  readonly indexSync: IndexSync;
  readonly server?: IndexServer | undefined;
  /** An index in this process, for when the server is of no use. */
  readonly standIn?: IndexSync | undefined;
  readonly logger: Logger;
}

export interface VectorQuery {
  readonly vector: Float32Array;
  /** The space of the vector. */
  readonly spaceId: string;
  readonly limit: number;
  /** Undefined for every vector. Made when the index is up to date. */
  readonly filterFor: (space: VectorSpace) => VectorFilter | undefined;
}

export type NearestVectors =
  | { readonly space: VectorSpace; readonly ranked: readonly Ranked[]; readonly degraded?: string | undefined }
  | { readonly unavailable: string };

/** How long a search waits for a server: it can go by words. */
const searchPatience = 2 * secondLength;
const checkPatience = secondLength;
/** Up to this many vectors are read into memory to stand in for a server. */
const standInLimit = 20_000;

export function createVectorSearch({ store, indexSync, server, standIn, logger }: VectorSearchDeps) {
  let problem: string | undefined;
  /** A question that nobody waits for any more. Until it has its answer, others are not asked. */
  let overdue: Promise<unknown> | undefined;

  /** `undefined` when nothing is wrong. Each change is logged once. */
  function note(found: string | undefined): void {
    if (found !== undefined && found !== problem) logger.warn(`vectors are not searched in ${server?.name}: ${found}`);
    if (found === undefined && problem !== undefined) {
      logger.info(`vectors are searched in ${server?.name} again`);
      void standIn?.close();
    }
    problem = found;
  }

  /** What is wrong with the server, from an error that is no mistake of this program's. */
  function noteError(error: unknown): string {
    if (!(error instanceof MemoryMcpError) || error.code === 'internal' || error.code === 'invalid_input') throw error;
    note(withHint(error));
    return error.message;
  }

  function describeFilling(): string | undefined {
    const progress = indexSync.progress();
    if (server === undefined || progress === undefined) return undefined;
    return `${server.name} is being filled (${progress.done} of ${progress.total} changes)`;
  }

  async function askUpToDate(index: VectorIndex | undefined, query: VectorQuery): Promise<NearestVectors> {
    if (index === undefined) return { unavailable: 'no memory has a vector yet' };
    const { space } = index;
    if (space.id !== query.spaceId) {
      return { unavailable: 'the model is being changed, and the one before it is not here' };
    }
    return { space, ranked: await index.nearest(query.vector, query.limit, query.filterFor(space)) };
  }

  async function askServer({ name }: IndexServer, query: VectorQuery): Promise<NearestVectors> {
    const late = `${name} did not answer within ${searchPatience / secondLength} s`;
    // Filling takes minutes. Who waited for it waited for nothing.
    const known = describeFilling() ?? (overdue && late);
    if (known !== undefined) return { unavailable: known };
    try {
      const asked = indexSync.upToDate().then((index) => askUpToDate(index, query));
      const answer = await withinTime(asked, searchPatience);
      if (answer === undefined) {
        overdue = asked.then(
          () => {
            overdue = undefined;
            note(undefined);
          },
          () => {
            overdue = undefined;
          },
        );
        if (describeFilling() === undefined) note(late);
        return { unavailable: describeFilling() ?? late };
      }
      note(undefined);
      return answer;
    } catch (error) {
      return { unavailable: noteError(error) };
    }
  }

  function canStandIn(): boolean {
    const space = store.vectors.currentSpace();
    return standIn !== undefined && space !== undefined && store.vectors.count(space) <= standInLimit;
  }

  return {
    async nearest(query: VectorQuery): Promise<NearestVectors> {
      if (server === undefined) return askUpToDate(await indexSync.upToDate(), query);
      const answer = await askServer(server, query);
      if (!('unavailable' in answer) || standIn === undefined || !canStandIn()) return answer;
      const own = await askUpToDate(await standIn.upToDate(), query);
      if ('unavailable' in own) return own;
      return { ...own, degraded: `${answer.unavailable}; the vectors on this machine were searched` };
    },
    /** Sends to the server what it lacks. False if a later call must try again. */
    async catchUp(): Promise<boolean> {
      if (indexSync.progress() !== undefined) return false;
      try {
        await indexSync.upToDate();
        note(undefined);
        return true;
      } catch (error) {
        noteError(error);
        return false;
      }
    },
    /** Finds out what is wrong with the server, if anything, and takes a second at most. */
    async check(): Promise<void> {
      if (server === undefined || indexSync.progress() !== undefined) return;
      try {
        // Opening the index also finds a collection of another store, or of another model.
        const checked = store.vectors.currentSpace() === undefined ? server.check() : indexSync.open();
        const answered = await withinTime(
          checked.then(() => true),
          checkPatience,
        );
        if (answered === true) note(undefined);
        else if (indexSync.progress() === undefined) {
          note(`${server.name} did not answer within ${checkPatience / secondLength} s`);
        }
      } catch (error) {
        noteError(error);
      }
    },
    /** What is wrong with the index on the server, as far as is known, or that it is still being filled. */
    problem: (): string | undefined => describeFilling() ?? problem,
    /** Whether a search would look for meaning now, if the model is ready. */
    isUsable: (): boolean => server === undefined || (describeFilling() ?? problem) === undefined || canStandIn(),
  };
}

export type VectorSearch = ReturnType<typeof createVectorSearch>;

function withHint({ message, hint }: MemoryMcpError): string {
  return hint === undefined ? message : `${message}. ${hint}`;
}
