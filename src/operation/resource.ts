/**
 * MCP resources, which clients can attach without a tool call: a few documents about the persona, and each memory by its
 * key. All of them are read-only.
 */
import type { MemoryKey } from '../core/memory.ts';
import { visibleValue } from '../core/text/visible-text.ts';
import type { Scope } from '../persona/scope.ts';
import { readMemories } from '../service/memory-read.ts';
import { readStatistics, storeInformation, usageMetrics } from '../service/memory-stats.ts';
import type { OpenScope, Result } from './operation.ts';

export interface Resource {
  readonly uri: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  read(scope: Scope): object;
}

export const resources: readonly Resource[] = [
  {
    uri: 'memory://info',
    name: 'info',
    title: 'About this memory',
    description: 'The persona, how many memories it has, and how recall works at the moment.',
    read: storeInformation,
  },
  {
    uri: 'memory://metrics',
    name: 'metrics',
    title: 'Usage',
    description: 'How often each operation was called in the last 30 days, and the state of recall.',
    read: usageMetrics,
  },
  {
    uri: 'memory://stats',
    name: 'stats',
    title: 'Memory statistics',
    description: 'Totals, frequent tags and emotions, the last seven days, and how far the embedding model is trusted.',
    read: (scope) => readStatistics(scope),
  },
];

export const memoryTemplate = {
  uriTemplate: 'memory://{key}',
  name: 'memory',
  title: 'A memory',
  description: 'One memory with its full text, by key.',
} as const;

/** The document at a URI, or undefined if the URI is not one of ours. Throws `not_found` for an unknown key. */
export async function readResource(uri: string, openScope: OpenScope): Promise<Result | undefined> {
  const resource = resources.find((candidate) => candidate.uri === uri);
  const key = resource === undefined ? parseMemoryUri(uri) : undefined;
  if (resource === undefined && key === undefined) return undefined;
  return openScope({ effect: 'read' }, async (scope) => {
    if (resource !== undefined) await scope.workspace.vectorSearch.check();
    const document =
      resource?.read(scope) ??
      readMemories(scope, { keys: key === undefined ? [] : [key], history: false }).memories[0] ??
      {};
    return visibleValue({ ...document });
  });
}

/** The decoded key of a `memory://{key}` URI; undefined for any other URI. */
function parseMemoryUri(uri: string): MemoryKey | undefined {
  const match = /^memory:\/\/([^/?#]{1,600})$/.exec(uri);
  if (match?.[1] === undefined) return undefined;
  try {
    return decodeURIComponent(match[1]);
  } catch {
    // An invalid percent escape.
    return undefined;
  }
}
