/** The server that vectors are searched on, where the settings name one. */
import { MemoryMcpError, reasonOf } from '../core/errors.ts';
import type { IndexServer } from '../vector/vector-index.ts';
import type { Finding } from './finding.ts';

export async function checkIndexServer(server: IndexServer): Promise<Finding> {
  const subject = 'vector server';
  try {
    await server.check();
    return { subject, severity: 'ok', found: `${server.name} answers` };
  } catch (error) {
    return {
      subject,
      severity: 'warning',
      found: reasonOf(error),
      meaning: 'Searches do without it: by words, and by the vectors of this machine where they are few.',
      fix: error instanceof MemoryMcpError ? error.hint : undefined,
    };
  }
}
