/** The settings that are not the defaults, where each comes from, and what was noticed while they were read. */
import type { LoadedConfiguration } from '../config/load.ts';
import { settings } from '../config/schema.ts';
import { valueAtPath } from '../config/setting-value.ts';
import type { Finding } from './finding.ts';

const subject = 'configuration';

export function checkConfiguration({ configuration, sources, warnings, file }: LoadedConfiguration): Finding[] {
  return [
    { subject, severity: 'ok', found: file === undefined ? 'no file; defaults and variables' : file },
    ...warnings.map((found): Finding => ({ subject, severity: 'warning', found })),
    ...settings.flatMap(({ key, path, secret }): Finding[] => {
      const source = sources[key];
      if (source === undefined || source.from === 'default') return [];
      const value = secret === true ? 'a secret' : JSON.stringify(valueAtPath(configuration, path));
      return [{ subject, severity: 'ok', found: `${key} = ${value}, from ${source.name ?? source.from}` }];
    }),
  ];
}
