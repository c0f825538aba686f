/**
 * With `migrate` on manual, a server says which personas of the original system are in its data folder, and how they are
 * moved here. A call for one whose folder has another name is told so too: it would otherwise begin a second persona.
 */
import { commandLine } from '../config/container.ts';
import type { LoadedConfiguration } from '../config/load.ts';
import { findPersonaFolder, personaPaths } from '../config/paths.ts';
import { MemoryMcpError, reasonOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { foldPersonaName } from '../core/persona.ts';
import { type FoundPersona, findPersonasIn } from '../original/find-personas.ts';
import { detectFileKind } from '../store/sqlite/file-header.ts';

export interface ManualMovesDeps {
  readonly loaded: LoadedConfiguration;
  readonly logger: Logger;
}

/** Says it at once. Returns what throws `conflict` for a persona that has not been moved. */
export function announceMoves({ loaded, logger }: ManualMovesDeps): (persona: string) => void {
  const { paths, environment } = loaded;
  const typed = (words: string) => commandLine(environment.container, `migrate from-original ${words}`);
  const find = () => {
    try {
      return findPersonasIn(paths);
    } catch (error) {
      // Calls fail for the same reason, and name it.
      logger.debug('the data folder was not searched for personas of the original system', { reason: reasonOf(error) });
      return [];
    }
  };
  const found = find();
  if (found.length > 0) {
    const names = found.map(({ name }) => name).join(', ');
    logger.warn(
      `the original system left personas here that are not served yet: ${names}. Stop it, then run: ${typed('--apply')}`,
    );
  }

  const isAlike = (persona: string) => (other: FoundPersona) =>
    foldPersonaName(other.name) === foldPersonaName(persona);
  /** The store itself refuses a file of another program in its own place. */
  const isElsewhere = ({ name, database }: FoundPersona) => {
    try {
      const own = personaPaths(paths, findPersonaFolder(paths, name) ?? name).database;
      return own !== database && detectFileKind(own).kind === 'absent';
    } catch {
      // The name is ambiguous, or the file cannot be read, which a call for it says itself.
      return false;
    }
  };
  let elsewhere = found.filter(isElsewhere);
  return (persona) => {
    if (!elsewhere.some(isAlike(persona))) return;
    // Looked for again, because the user may have moved it meanwhile.
    elsewhere = find().filter(isElsewhere);
    const waiting = elsewhere.find(isAlike(persona));
    if (waiting === undefined) return;
    throw new MemoryMcpError('conflict', `Persona "${waiting.name}" is still in the files of the original system`, {
      hint: `Stop that, then move it here: ${typed(`--persona ${waiting.name} --apply`)}`,
    });
  };
}
