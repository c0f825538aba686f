/**
 * Who publishes memory-mcp and where its source lies. Both are undecided until identity.json names them; nothing that a user
 * reads names an owner before. `npm run generate` fills everything else from that file (docs/publishing.md).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

export interface Identity {
  /** Such as `https://github.com/someone/memory-mcp`, without `.git`. */
  readonly repository: string;
  /** The account or organisation that the repository belongs to. */
  readonly owner: string;
  /** As package.json takes it: a name, with `<address>` if wanted. */
  readonly author: string;
  /** The name in the MCP registry. Its namespace is the owner's on GitHub. */
  readonly mcpName: string;
  /** The container image, without a tag. Registries take no capital letters. */
  readonly image: string;
}

const identityFile = z.strictObject({
  repository: z
    .string()
    .regex(/^https:\/\/github\.com\/[\w-]+\/[\w.-]+(?<!\.git)$/, 'must be https://github.com/<owner>/<name>')
    .nullable(),
  author: z.string().min(1).nullable(),
});

/** The identity in a file of the form of identity.json; undefined while it is undecided. Throws if half of it is. */
export function readIdentity(file = join(import.meta.dirname, 'identity.json')): Identity | undefined {
  const { repository, author } = identityFile.parse(JSON.parse(readFileSync(file, 'utf8')));
  if (repository === null && author === null) return undefined;
  if (repository === null || author === null)
    throw new Error(`${file} must name both repository and author, or neither`);
  const [owner = '', name = ''] = new URL(repository).pathname.split('/').filter(Boolean);
  return {
    repository,
    owner,
    author,
    mcpName: `io.github.${owner}/${name}`,
    image: `ghcr.io/${owner}/${name}`.toLowerCase(),
  };
}
