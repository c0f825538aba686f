/**
 * memory_create: stores a memory and answers with a receipt that says what is durable and how it can be found.
 */
import * as z from 'zod';
import { remember } from '../service/remember.ts';
import { defineOperation } from './operation.ts';
import { createFields, memoryKey } from './vocabulary.ts';

export const memoryCreate = defineOperation({
  name: 'memory_create',
  title: 'Store a memory',
  description:
    'Stores something worth knowing in later conversations: facts about the user, decisions and their reasons, ' +
    'preferences, promises, events. One memory per fact. Do not store what is only needed now. ' +
    'Returns a receipt; identical text is not stored twice, its tags are united (duplicate_of).',
  effect: 'write',
  set: 'core',
  input: z.strictObject(createFields),
  output: z.strictObject({
    key: memoryKey,
    stored: z.boolean(),
    duplicate_of: memoryKey.optional(),
    version: z.number(),
    lexical: z.literal('indexed'),
    vector: z.enum(['indexed', 'queued', 'partial', 'off']),
    embedded_characters: z.number().optional(),
    similar: z.array(z.strictObject({ key: memoryKey, similarity: z.number() })).optional(),
  }),
  run: (fields, scope) => remember(scope, fields),
});
