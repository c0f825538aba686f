/**
 * Collects the licences of every package that went into a bundle and writes them beside it. The build fails where a
 * package has none, since it could not be shipped.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Options } from 'tsup';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/** Writes `dist/<bundle>.licenses.txt` from the list of files that the bundle was made of, if any belong to packages. */
export function bundleLicenses(bundle: string): Plugin {
  return {
    name: 'bundle-licenses',
    setup(build) {
      build.initialOptions.metafile = true;
      build.onEnd(({ metafile }) => {
        if (metafile === undefined) return;
        const folders = new Set(Object.keys(metafile.inputs).flatMap((input) => packageFolder(input) ?? []));
        if (folders.size === 0) return;
        const text = [...folders].sort().map(describePackage).join('\n');
        const folder = build.initialOptions.outdir ?? 'dist';
        // Esbuild writes the bundle only after this.
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, `${bundle}.licenses.txt`), text);
      });
    },
  };
}

/** The folder of the package that a file belongs to, the innermost one where packages are nested. */
function packageFolder(input: string): string | undefined {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
}

function describePackage(folder: string): string {
  const { name, version, license, author, repository } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  if (typeof license !== 'string') throw new Error(`${name}@${version} is bundled and names no licence`);
  const text =
    file === undefined
      ? `The package holds no text of its licence. Author: ${nameOf(author)}. Source: ${nameOf(repository)}`
      : readFileSync(join(folder, file), 'utf8');
  return `${'='.repeat(80)}\n${name} ${version}\nLicence: ${license}\n\n${text.trim()}\n`;
}

/** package.json writes people and repositories as text or as an object. */
function nameOf(entry: unknown): string {
  if (typeof entry === 'string') return entry;
  const { name, url } = (entry ?? {}) as { name?: unknown; url?: unknown };
  return String(name ?? url ?? 'not named');
}
