/** What is published under whose name: nothing until identity.json names an owner, then the same everywhere. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Identity, readIdentity } from '../../../scripts/publishing/identity.ts';
import { fillPackage, renderServerManifest } from '../../../scripts/publishing/manifests.ts';
import { testFolder } from '../../support/stores.ts';
import { repositoryRoot } from '../../support/surroundings.ts';

const packageText = readFileSync(join(repositoryRoot, 'package.json'), 'utf8');

function identityOf(content: object): Identity | undefined {
  const file = join(testFolder(), 'identity.json');
  writeFileSync(file, JSON.stringify(content));
  return readIdentity(file);
}

const repository = 'https://github.com/Someone/memory-mcp';

function decided(): Identity {
  const identity = identityOf({ repository, author: 'Some One' });
  if (identity === undefined) throw new Error('both are named');
  return identity;
}

describe('the owner', () => {
  it('is undecided, and then package.json names nobody', () => {
    expect(identityOf({ repository: null, author: null })).toBeUndefined();
    const named = fillPackage(packageText, decided());
    const unnamed = JSON.parse(fillPackage(named, undefined));
    for (const field of ['repository', 'homepage', 'bugs', 'author', 'mcpName'])
      expect(unnamed).not.toHaveProperty(field);
  });

  it('is named completely or not at all, by an address on GitHub', () => {
    expect(() => identityOf({ repository, author: null })).toThrow('both repository and author');
    expect(() => identityOf({ repository: 'http://github.com/a/b', author: 'a' })).toThrow('https://github.com/');
    expect(() => identityOf({ repository: `${repository}.git`, author: 'a' })).toThrow('https://github.com/');
  });

  it('fills package.json, and filling it again changes nothing', () => {
    const filled = fillPackage(packageText, decided());
    expect(JSON.parse(filled)).toMatchObject({
      author: 'Some One',
      repository: { type: 'git', url: 'git+https://github.com/Someone/memory-mcp.git' },
      homepage: 'https://github.com/Someone/memory-mcp#readme',
      bugs: 'https://github.com/Someone/memory-mcp/issues',
      mcpName: 'io.github.Someone/memory-mcp',
    });
    expect(fillPackage(filled, decided())).toBe(filled);
  });
});

/** The rules of the registry for server.json, schema 2025-12-11, as far as they concern what is in it. */
const variable = z.strictObject({
  name: z.string().regex(/^[A-Z0-9_]+$/),
  description: z.string().min(1),
  isSecret: z.boolean(),
  isRequired: z.boolean(),
});
const published = z.strictObject({
  $schema: z.literal('https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json'),
  name: z
    .string()
    .min(3)
    .max(200)
    .regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
  title: z.string().min(1).max(100),
  description: z.string().min(1).max(100),
  version: z.string().regex(/^\d+\.\d+\.\d+(-[\w.]+)?$/),
  websiteUrl: z.url(),
  repository: z.strictObject({ url: z.url(), source: z.literal('github') }),
  packages: z.array(
    z.strictObject({
      registryType: z.enum(['npm', 'oci']),
      identifier: z.string(),
      version: z.string().optional(),
      runtimeHint: z.literal('npx').optional(),
      transport: z.strictObject({ type: z.literal('stdio') }),
      packageArguments: z.array(z.strictObject({ type: z.literal('positional'), value: z.string() })),
      environmentVariables: z.array(variable),
    }),
  ),
});

describe('server.json', () => {
  it('follows the rules of the MCP registry, and agrees with package.json', () => {
    const identity = decided();
    const filled = JSON.parse(fillPackage(packageText, identity));
    const manifest = published.parse(JSON.parse(renderServerManifest(packageText, identity)));
    expect(manifest).toMatchObject({ name: filled.mcpName, version: filled.version, description: filled.description });
    expect(manifest.packages.map(({ identifier }) => identifier)).toEqual([
      filled.name,
      `ghcr.io/someone/memory-mcp:${filled.version}`,
    ]);
  });

  it('marks what is secret', () => {
    const manifest = published.parse(JSON.parse(renderServerManifest(packageText, decided())));
    const secret = manifest.packages[0]?.environmentVariables.filter(({ isSecret }) => isSecret);
    expect(secret?.map(({ name }) => name).toSorted()).toEqual(['MEMORY_MCP_AUTH_TOKENS', 'MEMORY_MCP_QDRANT_API_KEY']);
  });
});
