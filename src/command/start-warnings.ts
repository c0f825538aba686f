/**
 * What a server says at its start about its surroundings, before the first request fails because of it: a data folder of
 * another user, and a container without a time zone.
 */
import { isInContainer } from '../config/container.ts';
import type { LoadedConfiguration } from '../config/load.ts';
import { personaPaths } from '../config/paths.ts';
import { findAccessProblem } from '../files/access-problem.ts';

export function listStartWarnings(loaded: LoadedConfiguration, { inContainer = isInContainer() } = {}): string[] {
  return [warnOfAccess(loaded), inContainer ? warnOfTimeZone(loaded) : undefined].filter((text) => text !== undefined);
}

/** About the first place on the way to the memories that is denied. The others probably have the same owner. */
function warnOfAccess({ paths, configuration }: LoadedConfiguration): string | undefined {
  const { folder, database } = personaPaths(paths, configuration.persona);
  for (const path of [paths.data, paths.memory, folder, database]) {
    const problem = findAccessProblem(path);
    if (problem !== undefined) return `${problem.message}. Nothing can be stored until that changes. ${problem.hint}`;
  }
  return undefined;
}

/** UTC is what a container has if nobody chose a time zone, and hardly what its user has. */
function warnOfTimeZone({ sources, configuration, environment }: LoadedConfiguration): string | undefined {
  if (sources.timezone?.from !== 'default' || environment.timeZone !== undefined) return undefined;
  if (!['UTC', 'Etc/UTC'].includes(configuration.timezone)) return undefined;
  return 'The time zone is UTC, because this container has none: memory keys, "today" and ages follow it. Set TZ, for example TZ=Asia/Tokyo; TZ=UTC keeps it and ends this message.';
}
