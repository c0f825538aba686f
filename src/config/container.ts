/**
 * Whether this program runs in a container, and how its commands are typed there: a user who reads a message outside
 * has to reach inside.
 */
import { existsSync } from 'node:fs';
import { type Environment, readVariable } from './variables.ts';

export interface Container {
  readonly engine: 'docker' | 'podman';
  /** The name or id that the engine knows it by. */
  readonly name: string;
}

/** Each engine leaves its file in every container. */
const marks = [
  { engine: 'docker', file: '/.dockerenv' },
  { engine: 'podman', file: '/run/.containerenv' },
] as const;

export function isInContainer(): boolean {
  return marks.some(({ file }) => existsSync(file));
}

/** Undefined outside a container, and in one that does not know its name. */
export function findContainer(environment: Environment): Container | undefined {
  const name = readVariable(environment, 'HOSTNAME');
  const engine = marks.find(({ file }) => existsSync(file))?.engine;
  return name === undefined || !/^[\w.-]+$/.test(name) || engine === undefined ? undefined : { engine, name };
}

/** A command of this program, as its user types it. */
export function commandLine(container: Container | undefined, words: string): string {
  return container === undefined
    ? `memory-mcp ${words}`
    : `${container.engine} exec ${container.name} memory-mcp ${words}`;
}
