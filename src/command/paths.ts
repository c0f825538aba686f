/** `paths`: prints where everything is, what may be deleted, and how to leave with everything. */
import { join } from 'node:path';
import { loadConfiguration } from '../config/load.ts';
import { userFolders } from '../config/paths.ts';
import { pathExists } from '../files/path-exists.ts';
import { printData, printJson, printNotice } from './output.ts';

export interface PathsFlags {
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

interface Place {
  readonly name: string;
  readonly path: string;
  readonly what: string;
}

export async function printPaths({ config, json }: PathsFlags): Promise<void> {
  const { paths, file, warnings } = await loadConfiguration({ flags: { config } });
  for (const warning of warnings) printNotice(warning);
  const places: Place[] = [
    { name: 'data', path: paths.data, what: 'everything but the configuration, unless a variable says otherwise' },
    { name: 'memories', path: paths.memory, what: 'one folder a persona; memory.sqlite in it is the truth' },
    { name: 'configuration', path: file ?? paths.config, what: 'your settings' },
    { name: 'access token', path: paths.accessToken, what: 'the token that a server made for itself; keep it secret' },
    { name: 'models', path: paths.models, what: 'may be deleted; they are downloaded again' },
    { name: 'backups', path: paths.backups, what: 'archives, and what a restore replaced' },
    { name: 'logs', path: paths.logs, what: 'may be deleted; no text of a memory is in them' },
    { name: 'cache', path: userFolders().cache, what: 'may be deleted' },
  ];
  const shown = places.map((place) => ({ ...place, exists: pathExists(place.path) }));
  if (json) return printJson({ places: shown });
  const width = Math.max(...places.map(({ name }) => name.length));
  const lines = shown.map(({ name, path, what, exists }) => {
    const state = exists ? '' : ' (not there)';
    return `${name.padEnd(width)}  ${path}${state}\n${' '.repeat(width)}  ${what}`;
  });
  printData(
    [
      ...lines,
      '',
      'To leave with everything: memory-mcp backup --verify writes one archive of plain SQLite files, which any program reads.',
      `To remove everything: stop every server, then delete ${paths.data} and ${join(userFolders().cache)}.`,
    ].join('\n'),
  );
}
