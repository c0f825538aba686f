/**
 * Whose a collection is and how far it has come: the payload of one point of its own, which has no vector and is never
 * found. It lies beside the vectors, so that it is lost and restored with them.
 */
import * as z from 'zod';

export const stateSchema = z.object({
  /** Says to everybody who looks at the collection what this point is. */
  kind: z.literal('memory-mcp collection state'),
  store_id: z.string(),
  epoch: z.string(),
  space: z.string(),
  generation: z.number(),
  /** The change log's random tag of the generation, "" where it has none. */
  tag: z.string(),
  /** A rebuild that has not come to its end. */
  rebuild: z
    .object({
      /** The process that is at it, and when it last wrote. */
      by: z.object({ host: z.string(), pid: z.number(), id: z.string() }),
      at: z.string(),
      /** Vectors up to this id are there. */
      after: z.number(),
      /** What the generation will be when it is done, and the tag of that. */
      target: z.number(),
      target_tag: z.string(),
    })
    .optional(),
});

export type CollectionState = z.output<typeof stateSchema>;
