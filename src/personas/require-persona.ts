/** Finding the persona that a command names, and a free name for a new one. */
import { type DataPaths, findPersonaFolder, personaFolders } from '../config/paths.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { parsePersonaName } from '../core/persona.ts';

/** The folder of the persona. Throws `not_found` if there is none. */
export function requirePersona(paths: DataPaths, name: string): string {
  const folder = findPersonaFolder(paths, name);
  if (folder !== undefined) return folder;
  const names = personaFolders(paths);
  throw new MemoryMcpError('not_found', `There is no persona "${name}" in ${paths.memory}`, {
    hint: `There ${names.length > 1 ? 'are' : 'is'}: ${names.join(', ') || 'none yet'}.`,
  });
}

/** A valid name that no persona has, also not in another case, but for `except`. Throws `conflict` if one has it. */
export function requireFreeName(paths: DataPaths, name: string, except?: string): string {
  const free = parsePersonaName(name);
  const folder = findPersonaFolder(paths, free);
  if (folder === undefined || (folder === except && folder !== free)) return free;
  throw new MemoryMcpError('conflict', `There is already a persona "${folder}"; nothing was changed`, {
    hint: 'Choose another name, or delete that persona first with "memory-mcp persona delete".',
  });
}
