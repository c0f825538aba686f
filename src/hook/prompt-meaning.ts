/**
 * What meaning says of a prompt. The vectors of the prompt come from the process that servers share, if it runs and has
 * the model of the store loaded; a hook starts none and has nothing loaded. Where something is missing or late, words
 * alone decide.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { reasonOf } from '../core/errors.ts';
import { silentLogger } from '../core/logger.ts';
import { withinTime } from '../core/time/within-time.ts';
import type { VectorSpace } from '../core/vector.ts';
import { findModelOfSpace } from '../model/embedding-space.ts';
import { createEmbeddingSpaceCache } from '../model/embedding-space-cache.ts';
import type { ModelSettings } from '../model/model-settings.ts';
import type { ModelQuality } from '../scoring/model-quality.ts';
import { parseStoredQuality } from '../scoring/stored-quality.ts';
import type { MemoryStore } from '../store/memory-store.ts';
import { inspectSnapshot } from '../vector/file/index-snapshot.ts';
import type { RowsSnapshot } from '../vector/vector-rows.ts';
import { type NearMemory, nearestMemories } from './nearest-memories.ts';

/** What lies near the parts of a prompt, and the measured scale of the model. */
export interface Meaning {
  readonly near: ReadonlyMap<string, readonly NearMemory[]>;
  /** How many vectors were compared. */
  readonly compared: number;
  readonly quality: ModelQuality;
}

export type MeaningAnswer = Meaning | { readonly unavailable: string };

/** A question that is on its way. Its answer comes in time and never rejects. */
export interface AskedMeaning {
  readonly answer: Promise<MeaningAnswer>;
}

export interface MeaningDeps {
  readonly store: MemoryStore;
  readonly models: ModelSettings;
  /** The file of the vector index. */
  readonly indexFile: string;
}

/**
 * How long a hook waits for the answers of the host, in milliseconds. A loaded model needs a small part of it. On a
 * machine so busy that the hook itself was slow to start, the time is needed for the words.
 */
const patience = 300;
const latestEnd = 800;

/** On the clock of `performance.now()`. */
export function lastMomentOfHook(): number {
  return Math.min(performance.now() + patience, latestEnd);
}

/**
 * Resolves as soon as the question is on its way, or it is clear that it cannot be. Never rejects. `end` is on the clock
 * of `performance.now()`.
 */
export async function askMeaning(deps: MeaningDeps, parts: readonly string[], end: number): Promise<AskedMeaning> {
  try {
    return await ask(deps, parts, end);
  } catch (error) {
    return unavailable(reasonOf(error));
  }
}

async function ask(
  { store, models, indexFile }: MeaningDeps,
  parts: readonly string[],
  end: number,
): Promise<AskedMeaning> {
  const space = store.vectors.currentSpace();
  if (space === undefined) return unavailable('no memory has a vector');
  const quality = parseStoredQuality(store.vectors.readMeasurement(space));
  if (quality === undefined) return unavailable('the model has not been measured yet');
  const { device, threads } = models.embeddings;
  const cache = createEmbeddingSpaceCache(models.spaceCacheFile);
  const found = findModelOfSpace(space.id, { cache, device, threads });
  if (found === undefined) return unavailable('the model that made the vectors is no longer there');
  const left = end - performance.now();
  if (left <= 0) return unavailable('there was no time left');

  const { visitHost } = await import('../model/inference/shared/visit-host.ts');
  const visit = await visitHost(models, left);
  if (visit.found !== 'host') return unavailable(visit.found === 'problem' ? visit.reason : absences[visit.found]);
  const { guest } = visit;
  const vectors = new Map<string, Float32Array>();
  const { model, queryPrefix: prefix } = found;
  const asked = Promise.all(
    parts.map(async (text) => {
      vectors.set(text, await guest.embedQuery({ model, prefix, text }));
    }),
  );
  const reading = readIndex(store, space, indexFile);
  const answer = async (): Promise<MeaningAnswer> => {
    try {
      await withinTime(asked, Math.max(0, end - performance.now()));
      // Answers may have arrived while this process was busy with something else.
      await nextTurn();
      if (vectors.size === 0) return { unavailable: 'the model did not answer in time' };
      const indexed = await withinTime(reading, Math.max(0, end - performance.now()));
      return store.read(() => compare(store, space, { vectors, indexed, quality }));
    } catch (error) {
      return { unavailable: reasonOf(error) };
    } finally {
      void guest.leave();
    }
  };
  return { answer: answer() };
}

const absences = {
  own: 'the setting "inference" lets servers share no process',
  none: 'no shared process is running',
};

function unavailable(reason: string): AskedMeaning {
  return { answer: Promise.resolve({ unavailable: reason }) };
}

/** The rows of the index file; undefined without a file that belongs to these vectors. */
async function readIndex(
  { identity, changes }: MemoryStore,
  space: VectorSpace,
  file: string,
): Promise<RowsSnapshot | undefined> {
  const place = { file, epoch: identity().epoch, tagOf: (generation: number) => changes.tagOf(generation) };
  const state = await inspectSnapshot({ place, space, logger: silentLogger }).catch(() => undefined);
  return state !== undefined && typeof state === 'object' && 'rows' in state ? state.rows : undefined;
}

function compare(
  store: MemoryStore,
  space: VectorSpace,
  parts: {
    vectors: ReadonlyMap<string, Float32Array>;
    indexed: RowsSnapshot | undefined;
    quality: ModelQuality;
  },
): MeaningAnswer {
  const { vectors, indexed, quality } = parts;
  const nearest = nearestMemories(store, space, { vectors: [...vectors.values()], indexed });
  if (nearest === undefined) return { unavailable: 'too many memories are not in the index file yet' };
  const near = new Map([...vectors.keys()].map((part, at) => [part, nearest.perVector[at] ?? []]));
  return { near, compared: nearest.compared, quality };
}
