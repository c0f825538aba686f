/**
 * The personas of the original system that a server is going to move here by itself. Until one is here, calls for it are
 * told so: a persona that looked empty meanwhile would be filled with second memories.
 */
import type { DataPaths } from '../config/paths.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { foldPersonaName } from '../core/persona.ts';
import { readProgress } from './move-progress.ts';

export type MoveState =
  /** It is its turn, or soon will be. */
  | { readonly state: 'moving' }
  /** The original system may still use it; `sign` says what speaks for that. */
  | { readonly state: 'waiting'; readonly sign: string }
  /** Not tried again before the next start. */
  | { readonly state: 'failed'; readonly error: MemoryMcpError };

export function createPendingMoves(paths: DataPaths) {
  const states = new Map<string, MoveState>();

  function describeMove(persona: string): MemoryMcpError {
    const progress = readProgress(paths);
    const isThis = progress !== undefined && foldPersonaName(progress.persona) === foldPersonaName(persona);
    // The check of what has come over is the last part.
    const percent = isThis ? Math.min(99, Math.floor((100 * progress.done) / Math.max(1, progress.total))) : undefined;
    const far = percent === undefined ? '' : `: ${percent} % done`;
    return new MemoryMcpError('busy', `Persona "${persona}" is being moved here from the original system${far}`, {
      hint: 'Try again in a moment. Its memories are complete before and after.',
    });
  }

  return {
    set: (persona: string, state: MoveState): Map<string, MoveState> => states.set(foldPersonaName(persona), state),
    stateOf: (persona: string): MoveState | undefined => states.get(foldPersonaName(persona)),
    remove: (persona: string): boolean => states.delete(foldPersonaName(persona)),
    /** Throws if `persona` is not here yet: `busy`, or the reason why it could not be moved. */
    check(persona: string): void {
      const found = states.get(foldPersonaName(persona));
      if (found === undefined) return;
      if (found.state === 'moving') throw describeMove(persona);
      if (found.state === 'failed') {
        const { code, message, hint } = found.error;
        throw new MemoryMcpError(code, `Persona "${persona}" could not be moved here: ${message}`, {
          hint,
          cause: found.error,
        });
      }
      throw new MemoryMcpError('busy', `Persona "${persona}" waits to be moved here, because ${found.sign}`, {
        hint: 'Stop the original system. One to ten minutes later it is moved by itself.',
      });
    },
  };
}

export type PendingMoves = ReturnType<typeof createPendingMoves>;
