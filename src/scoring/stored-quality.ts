/** The form in which a store keeps the measured quality of a model, with the version of the questions it was measured with. */
import * as z from 'zod';
import { probeVersion } from './evaluation-pairs.ts';
import type { ModelQuality } from './model-quality.ts';

const languagePairQuality = z.object({ right: z.number(), related: z.number(), unrelated: z.number() });
// `fitness` is the stored name of the model quality.
const storedQuality = z.object({
  version: z.literal(probeVersion),
  fitness: z.object({
    'ja-ja': languagePairQuality,
    'ja-en': languagePairQuality,
    'en-ja': languagePairQuality,
    'en-en': languagePairQuality,
  }),
});

/** Undefined for a model that was never measured, or with other questions. */
export function parseStoredQuality(stored: unknown): ModelQuality | undefined {
  return storedQuality.safeParse(stored).data?.fitness;
}

export function storedFormOf(quality: ModelQuality): z.input<typeof storedQuality> {
  return { version: probeVersion, fitness: quality };
}
