/**
 * Parses YAML: settings with the loader that cosmiconfig brings along, and front matter with the library behind it. Only
 * the loader of cosmiconfig is used: an explorer of it reads package.json and .config/ of the working directory, and would
 * run a .config/config.js that it finds there.
 */
import { reasonOf } from '../core/errors.ts';

/** The text is not YAML. Quotes nothing of it, because it may hold a secret. */
export class InvalidYaml extends Error {
  /** Counts from 1. */
  readonly line: number;

  /** The reason and its position stand in line `reasonLine` of the cause's message; the text is quoted after it. */
  constructor(cause: unknown, reasonLine: number) {
    const reason = reasonOf(cause).split('\n')[reasonLine] ?? 'it cannot be parsed';
    super(reason, { cause });
    this.line = Number(/\((\d+):\d+\)/.exec(reason)?.[1] ?? 1);
  }
}

/** Throws `InvalidYaml`. */
export async function parseYaml(text: string): Promise<unknown> {
  const { defaultLoadersSync } = await import('cosmiconfig');
  try {
    return defaultLoadersSync['.yaml']('', text);
  } catch (error) {
    // Its first line names a file.
    throw new InvalidYaml(error, 1);
  }
}

/**
 * Numbers, times, true and false are texts as they are written: YAML reads `1.10` as 1.1, and a time without an offset as
 * one in UTC. Null is null. Throws `InvalidYaml`.
 */
export async function parseYamlTexts(text: string): Promise<unknown> {
  const { FAILSAFE_SCHEMA, load, Type } = await import('js-yaml');
  const nothing = new Type('tag:yaml.org,2002:null', {
    kind: 'scalar',
    // The ways that YAML 1.2 writes it, https://yaml.org/spec/1.2.2/#1031-tags
    resolve: (written: unknown) => written === null || /^(?:~|null|Null|NULL|)$/.test(String(written)),
    construct: () => null,
  });
  try {
    return load(text, { schema: FAILSAFE_SCHEMA.extend({ implicit: [nothing] }) });
  } catch (error) {
    throw new InvalidYaml(error, 0);
  }
}
