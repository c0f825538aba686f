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
  /** The index that is filling the collection, and when it last wrote. */
  rebuild: z.object({ by: z.string(), at: z.string() }).optional(),
});

export type CollectionState = z.output<typeof stateSchema>;
