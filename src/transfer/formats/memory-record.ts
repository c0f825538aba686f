/** Schemas of a memory as a store holds it, for exports. They have no limits of length: a store may hold longer values. */
import * as z from 'zod';
import { type MemoryField, managedFields, memoryFields } from '../../core/memory-fields.ts';

export const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'it must be a time in UTC such as 2026-11-24T00:30:00.000Z');

/** The fields that a caller can set. */
export const storedFields = storedSchemas(memoryFields);
/** The fields that the store itself keeps. */
export const storedManagedFields = {
  ...storedSchemas(managedFields),
  key: z.string().min(1).max(1_000),
  version: z.int().min(1),
  access_count: z.int().min(0),
};

function storedSchemas<Table extends Readonly<Record<string, MemoryField>>>(table: Table) {
  const unlimited = { text: z.string(), time: instant, flag: z.boolean(), json: z.array(z.string()) };
  const schemas = Object.entries(table).map(([name, { schema, stored, optional }]) => {
    const own = stored === 'number' ? schema : unlimited[stored];
    return [name, optional === true ? own.optional() : own];
  });
  // One schema per field of the table, whose values have the types of the table's own schemas.
  return Object.fromEntries(schemas) as {
    [Name in keyof Table]: Table[Name] extends { readonly optional: true }
      ? z.ZodOptional<Table[Name]['schema']>
      : Table[Name]['schema'];
  };
}
