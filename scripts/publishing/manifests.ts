/**
 * Renders what publishers and registries read: the fields of package.json that name the owner, and server.json of the MCP
 * registry (https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json).
 */
import * as z from 'zod';
import { settings } from '../../src/config/schema.ts';
import type { Identity } from './identity.ts';

const packageFile = z.looseObject({ name: z.string(), version: z.string(), description: z.string() });

/** package.json with the fields of the owner behind its licence, or without them while there is no owner. */
export function fillPackage(text: string, identity: Identity | undefined): string {
  const {
    author: _author,
    repository: _repository,
    homepage: _homepage,
    bugs: _bugs,
    mcpName: _name,
    ...own
  } = packageFile.parse(JSON.parse(text));
  const owned = identity && {
    author: identity.author,
    repository: { type: 'git', url: `git+${identity.repository}.git` },
    homepage: `${identity.repository}#readme`,
    bugs: `${identity.repository}/issues`,
    mcpName: identity.mcpName,
  };
  const entries = Object.entries(own).flatMap(([key, value]) =>
    key === 'license' ? [[key, value], ...Object.entries(owned ?? {})] : [[key, value]],
  );
  return `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`;
}

/** server.json for the version in package.json. A published version cannot be changed in the registry. */
export function renderServerManifest(packageText: string, identity: Identity): string {
  const { name, version, description } = packageFile.parse(JSON.parse(packageText));
  const environmentVariables = settings.flatMap((setting) => {
    const [variable] = setting.unused === true ? [] : setting.variables;
    return variable === undefined
      ? []
      : [{ name: variable, description: setting.help, isSecret: setting.secret === true, isRequired: false }];
  });
  const transport = { type: 'stdio' };
  const packageArguments = ['serve', '--stdio'].map((value) => ({ type: 'positional', value }));
  const manifest = {
    $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
    name: identity.mcpName,
    title: name,
    description,
    version,
    websiteUrl: identity.repository,
    repository: { url: identity.repository, source: 'github' },
    packages: [
      {
        registryType: 'npm',
        identifier: name,
        version,
        runtimeHint: 'npx',
        transport,
        packageArguments,
        environmentVariables,
      },
      {
        registryType: 'oci',
        identifier: `${identity.image}:${version}`,
        transport,
        packageArguments,
        environmentVariables,
      },
    ],
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}
