/**
 * Writes what is derived from the code: config.example.json, the tables of the README and docs/tools.md.
 * `--check` writes nothing and fails where a file differs, so that the docs cannot drift.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renderExample, renderSettingsTable, renderVariablesTable } from '../src/config/example.ts';
import { operations } from '../src/operation/index.ts';
import { prompts } from '../src/operation/prompt.ts';
import { memoryTemplate, resources } from '../src/operation/resource.ts';
import { renderClientSnippets } from './client-docs.ts';
import { readIdentity } from './publishing/identity.ts';
import { fillPackage, renderServerManifest } from './publishing/manifests.ts';
import { renderToolPage, renderToolTable } from './tool-docs.ts';

const root = join(import.meta.dirname, '..');

const readmeParts: Readonly<Record<string, () => string>> = {
  tools: () => renderToolTable(operations),
};

const identity = readIdentity();
const packageText = readFileSync(join(root, 'package.json'), 'utf8');

const files: Readonly<Record<string, () => string>> = {
  'package.json': () => fillPackage(packageText, identity),
  // Without an owner the server has no name in the registry.
  ...(identity !== undefined && { 'server.json': () => renderServerManifest(packageText, identity) }),
  'config.example.json': renderExample,
  'docs/tools.md': () =>
    renderToolPage({
      operations,
      resources: [...resources, { ...memoryTemplate, uri: memoryTemplate.uriTemplate }],
      prompts,
    }),
  'README.md': () => fillParts('README.md', readmeParts),
  'docs/configuration.md': () =>
    fillParts('docs/configuration.md', { settings: renderSettingsTable, variables: renderVariablesTable }),
  'docs/clients.md': () => fillParts('docs/clients.md', { clients: renderClientSnippets }),
};

/** Puts each part between its markers: `<!-- tools:begin -->` and `<!-- tools:end -->`. */
function fillParts(file: string, parts: Readonly<Record<string, () => string>>): string {
  return Object.entries(parts).reduce(
    (filled, [name, render]) => {
      const pattern = new RegExp(`(<!-- ${name}:begin -->\n)[^]*?(<!-- ${name}:end -->)`);
      if (!pattern.test(filled)) throw new Error(`${file} has no place for "${name}"`);
      return filled.replace(pattern, (_, begin: string, end: string) => `${begin}\n${render().trim()}\n\n${end}`);
    },
    readFileSync(join(root, file), 'utf8'),
  );
}

const check = process.argv.includes('--check');
const stale = Object.entries(files).filter(([name, render]) => {
  const path = join(root, name);
  const wanted = render();
  if (current(path) === wanted) return false;
  if (!check) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, wanted);
  }
  return true;
});

function current(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // A file that is not there yet is stale like any other.
    return undefined;
  }
}

for (const [name] of stale)
  console.log(`${name} ${check ? 'differs from the code: run "npm run generate"' : 'written'}`);
if (check && stale.length > 0) process.exitCode = 1;
