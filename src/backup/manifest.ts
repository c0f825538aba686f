/**
 * The manifest of a backup: the first file in the archive. It says what the archive contains, so everything after it can
 * be checked before anything is believed.
 */
import * as z from 'zod';

export const manifestName = 'manifest.json';

const count = z.number().int().min(0);

const personaSchema = z.object({
  name: z.string(),
  store_id: z.string(),
  schema_version: count,
  /** Without deleted ones. */
  memories: count,
  deleted: count,
  versions: count,
});

const fileSchema = z.object({
  /** Relative to the data folder, with "/". */
  path: z.string(),
  bytes: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

export const manifestSchema = z.object({
  format: z.literal('memory-mcp backup'),
  format_version: z.literal(1),
  /** The id of the data folder, from its file `data-folder-id`. */
  data_folder: z.string(),
  created_at: z.string(),
  memory_mcp: z.string(),
  /** The name of the persona that was asked for; null for all. */
  selection: z.string().nullable(),
  personas: z.array(personaSchema),
  files: z.array(fileSchema),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestPersona = z.infer<typeof personaSchema>;
export type ManifestFile = z.infer<typeof fileSchema>;
