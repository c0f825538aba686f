/**
 * Tells zod to interpret schemas instead of compiling each on its first use, which costs more than a process that
 * parses a few small messages ever gets back. Imported for its effect, before any schema is built.
 */
import { config } from 'zod';

config({ jitless: true });
